import { Problem } from '../../errors.ts'
import { brokenFile } from '../../model/gate.ts'
import type { Asker, ModelsDeps } from './deps.ts'
import { type ModelRow, pointAt, readActive, readEarlier, withdraw } from './model-rows.ts'
import { acceptedAt, type Serving } from './registry.ts'

/** Back to the last accepted model before this one that still passes the gate. The one left is kept but withdrawn. */
export async function rollback(deps: ModelsDeps, asker: Asker, scope: string): Promise<Serving> {
  const { registry, db, floor } = deps
  const place = { pod: deps.pod.name, scope }
  const at = deps.now()
  await db.transaction([scope], async handle => {
    const active = await readActive(handle, place)
    if (active === null) throw new Problem('no_previous_model')
    const earlier = await readEarlier(handle, place, active.digest)
    const good = earlier.find(row => registry.check(parse(row), scope, acceptedAt(row, floor)).ok)
    if (good === undefined) throw new Problem('no_previous_model')
    await withdraw(handle, place, active.digest)
    await pointAt(handle, place, good, at)
    const { actor, reason, requestId } = asker
    const detail = { pod: place.pod, version: good.version }
    const digests = { before: active.digest, after: good.digest }
    await deps.audit(handle, {
      tenant: scope,
      at,
      actor,
      action: 'model.rolled_back',
      reason,
      requestId,
      ...digests,
      detail,
    })
  })
  await registry.refresh()
  const serving = registry.current(scope)
  if (serving === null) throw new Error('the model rolled back to did not load')
  return serving
}

function parse(row: ModelRow): unknown {
  try {
    return JSON.parse(row.artefact)
  } catch {
    return brokenFile
  }
}
