import { placeOf } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { brokenFile } from '../../model/gate.ts'
import { signModel } from '../../model/signature.ts'
import type { KeptModel } from '../../store/models.ts'
import { activate } from './activate.ts'
import type { Asker, ModelsDeps } from './deps.ts'
import { keptModel, type ModelNamed } from './kept-models.ts'
import { storedModel } from './model-file.ts'
import { refusedModel, shownVerdict } from './refused.ts'
import { acceptedAt, type Serving } from './registry.ts'
import { writeRefusal } from './reload.ts'

/**
 * Lets a model serve that is kept here, if it passes the gate of today.
 * @param admin      may let in what was refused when it was trained
 * @param belowFloor an admin asks for it: also one that was only ever accepted below the floor
 */
export async function activateKept(
  deps: ModelsDeps,
  asker: Asker,
  scope: string,
  named: ModelNamed,
  { admin, belowFloor }: { readonly admin: boolean; readonly belowFloor: boolean },
): Promise<Serving> {
  const { registry, floor } = deps
  const row = await keptModel(deps, { ...placeOf(deps.question), scope }, named)
  const before = registry.current(scope)
  if (row.serves && before?.model.digest === row.digest) return before
  if (!row.accepted && !admin)
    throw new Problem('forbidden', 'This model was refused when it was trained: only an admin may let it serve.')
  const minAuc = belowFloor ? acceptedAt(row, floor) : floor
  const answer = registry.check(candidateOf(row, deps), scope, minAuc)
  if (!answer.ok) {
    await writeRefusal(deps, asker, scope, answer, { version: row.version, digest: row.digest })
    throw new Problem('model_refused', `${[answer.error, answer.detail].filter(Boolean).join(': ')}.`)
  }
  const { model } = answer
  const validated = registry.check(model, scope, floor).ok
  const verdict = { ...shownVerdict(row), ...(row.accepted ? {} : { overruled_by: asker.actor }) }
  await activate(deps, asker, { scope, model, validated, minAuc, verdict, action: 'model.activated' })
  const serving = registry.current(scope)
  if (serving === null) throw new Error('an activated model did not load')
  return serving
}

/** A refused one has no signature yet: it gets one where it is what was trained here. */
function candidateOf(row: KeptModel, { signingKey, registry }: ModelsDeps): unknown {
  if (row.accepted) return storedModel(row)
  const model = refusedModel(row, registry.trusted)
  return model === null ? brokenFile : signModel(model, signingKey)
}
