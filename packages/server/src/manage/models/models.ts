import {
  type Answered,
  type JsonObject,
  type ModelStatus,
  type Principal,
  placeOf,
  type ReloadAnswer,
} from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { ModelArtefact } from '../../model/artefact.ts'
import { modelStatus } from '../../model/status.ts'
import { modelFigures } from '../../store/case-figures.ts'
import type { ModelScope } from '../../store/model-scope.ts'
import { type KeptModel, readEarlier } from '../../store/models.ts'
import { activateKept } from './activate-kept.ts'
import { modelCard } from './card.ts'
import { type Asker, askerOf, type ModelsDeps } from './deps.ts'
import { isBlank, readMinAuc } from './floor.ts'
import { keptCard, keptModel, keptVerdict, type ModelNamed, shownModel } from './kept-models.ts'
import { readModelFile, storedModel } from './model-file.ts'
import { type Moved, moveScope, tenantMeant } from './move-scope.ts'
import { acceptedAt, type Serving } from './registry.ts'
import { reload } from './reload.ts'
import { type RetrainOptions, retrain } from './retrain.ts'
import { rollback } from './rollback.ts'
import { servedAt } from './scopes.ts'
import { warmDrift } from './warm-drift.ts'

interface Served {
  readonly version: number
  readonly auc: number
  /** Epoch seconds. */
  readonly load_time: number
}

/** The services of the HTTP door, which lets no blank reason through, and what jobs and the start of a process need beside them. */
export interface ModelServices {
  status(tenant: string): Promise<ModelStatus>
  reload(
    actor: Principal,
    input: { candidate: unknown; minAuc: string | undefined; reason: string | undefined; requestId: string },
  ): Promise<ReloadAnswer>
  rollback(actor: Principal, reason: string, requestId: string, belowFloor?: boolean): Promise<Served>
  /** Lets a model serve that is kept here. */
  activate(
    actor: Principal,
    named: ModelNamed,
    reason: string,
    requestId: string,
    belowFloor?: boolean,
  ): Promise<Served>
  /** One that is kept, its card and its verdict. Throws `model_not_found`. */
  kept(tenant: string, named: ModelNamed): Promise<Answered<'getModel'>>
  keptCard(tenant: string, named: ModelNamed): Promise<JsonObject>
  keptVerdict(tenant: string, named: ModelNamed): Promise<Answered<'getModelVerdict'>>
  /** Whose model serves the tenant, and whose does where nobody has chosen. */
  scope(tenant: string): Promise<{ readonly scope: ModelScope; readonly of_pod: ModelScope }>
  moveScope(
    actor: Principal,
    input: { readonly scope: ModelScope; readonly tenant?: string | undefined },
    reason: string,
    requestId: string,
  ): Promise<Moved>
  retrain(actor: Principal, reason: string, requestId: string): Promise<JsonObject>
  card(tenant: string): Promise<JsonObject>
  /** The nightly run: the written verdict. Throws `retrain_running`. */
  learn(scope: string, asker: Asker, options?: RetrainOptions): Promise<JsonObject>
  /** Loads what is active; with nothing accepted yet, takes the model file. Then fills the drift window. */
  start(): Promise<void>
}

export function createModels(deps: ModelsDeps): ModelServices {
  const { registry, db, question } = deps
  const running = new Set<string>()

  const sharing = () => servedAt(registry.scopes, question, '*', deps.tenants)
  const scopeFor = async (actor: Principal): Promise<string> => {
    await registry.cover(actor.tenant)
    const scope = registry.scopeOf(actor.tenant)
    if (actor.tenant === '*' && question.modelScope === 'tenant' && (await sharing()).length === 0)
      throw new Problem('forbidden', 'Each tenant has its own model of this question; use a key of the tenant.')
    if (scope === '*' && actor.tenant !== '*' && (await deps.tenants()).length > 1)
      throw new Problem('platform_key_required')
    return scope
  }
  /** One training at a time for each scope. */
  const alone = async <T>(scope: string, work: () => Promise<T>): Promise<T> => {
    if (running.has(scope)) throw new Problem('retrain_running')
    running.add(scope)
    try {
      return await work()
    } finally {
      running.delete(scope)
    }
  }
  /** null also where it cannot be read just now: the status is an answer all the same. */
  const judgedAt = (scope: string): Promise<Date | null> =>
    db
      .read([scope], reader => modelFigures(reader, scope, placeOf(question)))
      .then(
        ({ lastVerdict }) => lastVerdict,
        () => null,
      )
  const learn = (scope: string, asker: Asker, options: RetrainOptions = {}): Promise<JsonObject> =>
    alone(scope, () => retrain(deps, asker, scope, options))
  const previousOf = async (scope: string, digest: string): Promise<ModelArtefact | null> => {
    const rows = await db.transaction([scope], handle => readEarlier(handle, { ...placeOf(question), scope }, digest))
    const row = rows[0]
    const answer = row === undefined ? null : registry.check(storedModel(row), scope, acceptedAt(row, deps.floor))
    return answer?.ok ? answer.model : null
  }

  const keptOf = async (tenant: string, named: ModelNamed): Promise<KeptModel> => {
    await registry.cover(tenant)
    return keptModel(deps, { ...placeOf(question), scope: registry.scopeOf(tenant) }, named)
  }

  return {
    learn,
    async status(tenant) {
      try {
        await registry.cover(tenant)
      } catch {
        // Always an answer: a registry that cannot be read is a condition of health, not a failure of this question.
        const nothing = { model: null, loadedAt: null, drift: 0, driftRows: 0 }
        return modelStatus({ ...nothing, broken: true, now: deps.now() })
      }
      return registry.status(tenant, await judgedAt(registry.scopeOf(tenant)))
    },
    async reload(actor, { candidate, minAuc, reason, requestId }) {
      const limit = readMinAuc(minAuc, deps.floor, actor, reason)
      const scope = await scopeFor(actor)
      const file = scope === '*' ? deps.modelPath : null
      const given = candidate === null ? await readModelFile(file) : candidate
      const override = actor.role === 'admin' && !isBlank(reason)
      return reload(deps, askerOf(actor, reason, requestId), scope, given, limit, override)
    },
    async rollback(actor, reason, requestId, belowFloor = false) {
      if (belowFloor && actor.role !== 'admin') throw new Problem('floor_requires_admin')
      const scope = await scopeFor(actor)
      return served(await rollback(deps, askerOf(actor, reason, requestId), scope, { belowFloor }))
    },
    async activate(actor, named, reason, requestId, belowFloor = false) {
      const admin = actor.role === 'admin'
      if (belowFloor && !admin) throw new Problem('floor_requires_admin')
      const scope = await scopeFor(actor)
      const asker = askerOf(actor, reason, requestId)
      return served(await activateKept(deps, asker, scope, named, { admin, belowFloor }))
    },
    async scope(tenant) {
      await registry.cover(tenant)
      return { scope: registry.scopeOf(tenant) === '*' ? 'all' : 'tenant', of_pod: question.modelScope }
    },
    async moveScope(actor, { scope, tenant: named }, reason, requestId) {
      const tenant = await tenantMeant(deps, actor.tenant, named)
      if (scope === 'all' && actor.tenant !== '*' && (await deps.tenants()).length > 1)
        throw new Problem('platform_key_required')
      return moveScope(deps, askerOf(actor, reason, requestId), tenant, scope, alone)
    },
    kept: async (tenant, named) => shownModel(await keptOf(tenant, named)),
    async keptCard(tenant, named) {
      const row = await keptOf(tenant, named)
      return keptCard(row, deps, { tenant, previous: await previousOf(row.scope, row.digest) })
    },
    async keptVerdict(tenant, named) {
      const row = await keptOf(tenant, named)
      const shared = row.scope === '*' && tenant !== '*' && (await deps.tenants()).length > 1
      const { version, digest, accepted } = row
      return { version, digest, accepted, verdict: keptVerdict(row, shared) }
    },
    async retrain(actor, reason, requestId) {
      return learn(await scopeFor(actor), askerOf(actor, reason, requestId))
    },
    async card(tenant) {
      await registry.cover(tenant)
      const scope = registry.scopeOf(tenant)
      const { baseFeatures } = question
      const serving = registry.current(scope)
      const kept = serving && { ...serving, digest: serving.model.digest, signature: 'verified' }
      const previous = serving && (await previousOf(scope, serving.model.digest))
      const { pod, name } = question
      return modelCard({ pod, question: name, tenant, kept, previous, baseFeatures, asOf: deps.now() })
    },
    async start() {
      const tenants = await deps.tenants()
      await registry.scopes.cover(tenants)
      const scopes = new Set(tenants.map(registry.scopeOf))
      if (registry.scopeOf('*') === '*') scopes.add('*')
      for (const scope of scopes) await registry.coverScope(scope)
      if (registry.scopeOf('any') === '*') await adoptFile(deps)
      await warmDrift(db, placeOf(question), tenants, registry)
    },
  }
}

const served = ({ model, loadedAt }: Serving): Served => ({
  version: model.version,
  auc: model.metrics.auc,
  load_time: loadedAt.getTime() / 1000,
})

/** What a broken file is called in model-status, where nothing else serves. */
const untrusted = new Set([
  'file_unreadable',
  'question_mismatch',
  'features_mismatch',
  'trees_malformed',
  'digest_mismatch',
  'signature_invalid',
])

async function adoptFile(deps: ModelsDeps): Promise<void> {
  if (deps.registry.current('*') !== null) return
  const candidate = await readModelFile(deps.modelPath)
  const asker = { actor: 'system', reason: 'model file found at start', requestId: undefined }
  const answer = deps.registry.check(candidate, '*', deps.floor)
  if (answer.ok) await reload(deps, asker, '*', candidate, null, false)
  else if (untrusted.has(answer.code)) deps.registry.setBroken('*')
}
