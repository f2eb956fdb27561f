import { type JsonObject, placeOf, type ReloadAnswer } from '@surety/contract'
import type { GateAnswer } from '../../model/gate.ts'
import { readModel } from '../../store/models.ts'
import { activate } from './activate.ts'
import type { Asker, ModelsDeps } from './deps.ts'
import { acceptedAt, type Serving } from './registry.ts'

/**
 * Lets a candidate through the gate and swaps it in. A refused one changes nothing but the audit log.
 * @param minAuc   null: the floor, or what an audited override allows
 * @param override true: an admin gives a reason, so an override that was once allowed for this very digest is valid again
 */
export async function reload(
  deps: ModelsDeps,
  asker: Asker,
  scope: string,
  candidate: unknown,
  minAuc: number | null,
  override: boolean,
): Promise<ReloadAnswer> {
  const { registry } = deps
  const limit = minAuc ?? (await allowedFor(deps, scope, candidate, override))
  const answer = registry.check(candidate, scope, limit)
  if (!answer.ok) {
    deps.onReload?.(answer.code)
    await writeRefusal(deps, asker, scope, answer)
    const { auc, minAuc: floor, error, code } = answer
    return { accepted: false, code, body: { ok: false, error, auc, min_auc: floor, rejected: true } }
  }
  const { model } = answer
  const serving = registry.current(scope)
  if (serving !== null && serving.model.digest === model.digest) {
    deps.onReload?.('unchanged')
    return acceptedBody(serving)
  }
  const validated = registry.check(model, scope, deps.floor).ok
  const action = validated ? 'model.accepted' : 'model.accepted_below_floor'
  await activate(deps, asker, { scope, model, validated, minAuc: limit, verdict: { source: 'reload' }, action })
  deps.onReload?.('accepted')
  const loaded = registry.current(scope)
  if (loaded === null) throw new Error('an accepted model did not load')
  return acceptedBody(loaded)
}

function acceptedBody({ model, validated, loadedAt }: Serving): ReloadAnswer {
  const { auc, n_train: rows } = model.metrics
  const loadTime = loadedAt.getTime() / 1000
  return {
    accepted: true,
    body: { ok: true, version: model.version, auc, n_train: rows, load_time: loadTime, validated },
  }
}

/** What serves already is not judged again; anything else goes below the floor only by an override. */
async function allowedFor(
  { db, question, floor, registry }: ModelsDeps,
  scope: string,
  candidate: unknown,
  override: boolean,
): Promise<number> {
  if (typeof candidate !== 'object' || candidate === null || !('digest' in candidate)) return floor
  const { digest } = candidate
  if (typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) return floor
  if (!override && registry.current(scope)?.model.digest !== digest) return floor
  const row = await db.transaction([scope], handle => readModel(handle, { ...placeOf(question), scope }, digest))
  return acceptedAt(row, floor)
}

/** What the gate said of a candidate, in the audit log. */
export async function writeRefusal(
  deps: ModelsDeps,
  asker: Asker,
  scope: string,
  answer: GateAnswer & { ok: false },
  more: JsonObject = {},
): Promise<void> {
  const { actor, reason, requestId } = asker
  const { code, auc, minAuc, detail } = answer
  deps.log?.('model_rejected', { ...placeOf(deps.question), scope, source: 'gate', code })
  await deps.db.transaction([scope], handle =>
    deps.audit(handle, {
      tenant: scope,
      at: deps.now(),
      actor,
      action: 'model.refused',
      reason,
      requestId,
      detail: { ...placeOf(deps.question), ...more, code, auc, min_auc: minAuc, detail },
    }),
  )
}
