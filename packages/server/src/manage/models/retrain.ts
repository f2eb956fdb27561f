import { canonical, type JsonObject, placeOf } from '@surety/contract'
import { eachApart, Problem } from '../../errors.ts'
import type { ModelArtefact, UnsignedModel } from '../../model/artefact.ts'
import { modelDigest } from '../../model/digest.ts'
import { signModel } from '../../model/signature.ts'
import { confirmLearningRun, saveLearningRun } from '../../store/learning-runs.ts'
import { saveModel } from '../../store/models.ts'
import { type Acceptance, activate } from './activate.ts'
import type { Asker, Learner, ModelsDeps } from './deps.ts'
import { refusedVerdict } from './refused.ts'
import { outcomesWorthANight } from './worth.ts'

export interface RetrainOptions {
  readonly signal?: AbortSignal
  /** Kept by the caller between runs (replay); left out, one is made for this run and let go. */
  readonly learner?: Learner
  /** What the challenger has to stand against; left out, what serves at the scope. */
  readonly champion?: ModelArtefact | null
  /** Somebody decided that another model takes its place: one that is not worse will do. */
  readonly championGoes?: boolean
  /** Tenants that the scope does not serve yet, whose cases are learned from as well. */
  readonly guests?: readonly string[]
  /** Written with the model where it is accepted. */
  readonly alongside?: NonNullable<Acceptance['alongside']>
}

/** Learns from everything recorded, writes the verdict, and serves the challenger when it was accepted. */
export async function retrain(
  deps: ModelsDeps,
  asker: Asker,
  scope: string,
  options: RetrainOptions = {},
): Promise<JsonObject> {
  await using own = options.learner === undefined ? deps.learner(scope, options.guests) : null
  const learner = options.learner ?? own
  if (learner === null) throw new Error('no learner')
  const startedMs = performance.now()
  const seconds = () => (performance.now() - startedMs) / 1000
  try {
    const verdict = await learn(deps, asker, scope, learner, options)
    deps.onRetrain?.(verdict['accepted'] === true ? 'accepted' : 'refused', seconds())
    return verdict
  } catch (error) {
    deps.onRetrain?.('error', seconds())
    throw error
  }
}

async function learn(
  deps: ModelsDeps,
  asker: Asker,
  scope: string,
  learner: Learner,
  { signal, alongside, champion: given, championGoes = false }: RetrainOptions,
): Promise<JsonObject> {
  const { registry, floor: minAuc, seed } = deps
  await registry.coverScope(scope)
  const serving = registry.current(scope)?.model ?? null
  const champion = given === undefined ? serving : given
  const { labels, waiting, learnedUntil } = await learner.refresh()
  const nowMs = deps.now().getTime()
  // Two runs within one second must not give two models of one version.
  const version = Math.max(Math.floor(nowMs / 1000), (champion?.version ?? 0) + 1, (serving?.version ?? 0) + 1)
  const watch = signal === undefined ? {} : { signal }
  const outcome = await learner.train({ nowMs, version, seed, minAuc, champion, championGoes }, watch)
  if (outcome.stopped) throw stopped()
  const { verdict, model, heldOut } = outcome
  // What was too young is news to the nights until then: nothing has to come in for it to ripen.
  const isMuch = waiting >= outcomesWorthANight(labels - waiting)
  const learnedAt = isMuch && learnedUntil !== null ? learnedUntil : new Date(nowMs)
  const ran = () =>
    deps.db.transaction([scope], async handle => {
      const place = { ...placeOf(deps.question), scope }
      await saveLearningRun(handle, place, { labels, at: learnedAt })
      if (isMuch) await confirmLearningRun(handle, place, new Date(nowMs))
    })
  // A record begins before the model serves that it is begun for: whoever looks next finds both, or neither.
  if (verdict.accepted || serving !== null) await beginHistories(deps, asker, scope, learner, watch)
  if (!verdict.accepted || model === null) {
    await writeRefusal(deps, asker, scope, verdict, model)
    await ran()
    return verdict
  }
  const signed = signModel(model, deps.signingKey)
  const answer = registry.check(signed, scope, minAuc)
  if (!answer.ok) throw new Error(`the gate refused a model that learn accepted: ${answer.code}`)
  const accepted = { scope, model: answer.model, validated: true, minAuc, verdict, action: 'model.retrained', heldOut }
  await activate(deps, asker, { ...accepted, ...(alongside === undefined ? {} : { alongside }) })
  await ran()
  return { ...verdict, digest: signed.digest }
}

const stopped = () => new Problem('not_ready', 'The training was stopped before it ended; nothing changed.')

/** The first evening of tenants that brought a history: see `docs/certificates.md`. */
async function beginHistories(
  deps: ModelsDeps,
  asker: Asker,
  scope: string,
  learner: Learner,
  watch: { readonly signal?: AbortSignal },
): Promise<void> {
  const { evidence, audit } = deps
  if (evidence === undefined) return
  const begin = async (tenant: string): Promise<void> => {
    const at = deps.now()
    const cases = await evidence.history(tenant, at)
    if (cases === null) return
    const outcome = await learner.history(tenant, cases, watch)
    if (outcome.stopped) throw stopped()
    if (outcome.history !== null) await evidence.beginHistory(tenant, outcome.history, audit, asker, at)
  }
  await eachApart(scope === '*' ? await deps.tenants() : [scope], begin, watch.signal)
}

/** Kept without a signature of its own, so that a refused model cannot be let in by another door. */
async function writeRefusal(
  deps: ModelsDeps,
  asker: Asker,
  scope: string,
  verdict: JsonObject,
  model: UnsignedModel | null,
): Promise<void> {
  const place = { ...placeOf(deps.question), scope }
  const at = deps.now()
  const { actor, reason, requestId } = asker
  deps.log?.('model_rejected', { ...place, source: 'training', code: failedChecks(verdict) })
  await deps.db.transaction([scope], async handle => {
    if (model !== null) {
      const kept = { version: model.version, digest: modelDigest(model), artefact: canonical(model) }
      const signed = refusedVerdict(verdict, kept.digest, deps.signingKey)
      await saveModel(handle, place, { ...kept, accepted: false, validated: false, verdict: signed, at })
    }
    const detail = { ...placeOf(deps.question), verdict }
    await deps.audit(handle, { tenant: scope, at, actor, action: 'model.retrain_refused', reason, requestId, detail })
  })
}

/** By name: the sentences of a verdict are for people. */
function failedChecks({ checks }: JsonObject): string {
  const all = Array.isArray(checks) ? (checks as readonly JsonObject[]) : []
  return all.flatMap(check => (check['passed'] === false ? String(check['name']) : [])).join(' ')
}
