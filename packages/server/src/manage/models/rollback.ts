import { placeOf } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { type ModelRow, pointAt, readActive, readEarlier, withdraw } from '../../store/models.ts'
import type { Asker, ModelsDeps } from './deps.ts'
import { storedModel } from './model-file.ts'
import { acceptedAt, type Serving } from './registry.ts'

/**
 * Back to the last model before this one that passes the gate of today. The one left is kept but withdrawn.
 * @param belowFloor an admin asks for it: also one that was only ever accepted below the floor
 */
export async function rollback(
  deps: ModelsDeps,
  asker: Asker,
  scope: string,
  { belowFloor }: { readonly belowFloor: boolean },
): Promise<Serving> {
  const { registry, db, floor } = deps
  const place = { ...placeOf(deps.question), scope }
  const at = deps.now()
  await db.transaction([scope], async handle => {
    const active = await readActive(handle, place)
    if (active === null) throw new Problem('no_previous_model')
    const earlier = await readEarlier(handle, place, active.digest)
    const passes = (row: ModelRow, limit: number): boolean => registry.check(storedModel(row), scope, limit).ok
    const good = earlier.find(row => passes(row, belowFloor ? acceptedAt(row, floor) : floor))
    if (good === undefined) throw new Problem('no_previous_model')
    const validated = passes(good, floor)
    await withdraw(handle, place, active.digest)
    await pointAt(handle, place, { ...good, validated }, at)
    const { actor, reason, requestId } = asker
    const detail = { ...placeOf(deps.question), version: good.version, validated }
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
