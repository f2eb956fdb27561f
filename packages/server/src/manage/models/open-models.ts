import type { Pod } from '@surety/contract'
import type { Config } from '../../config/config.ts'
import { readSigningKey, readTrustedKeys, type SigningKey, type TrustedKeys, trust } from '../../model/signature.ts'
import type { ServingModel } from '../../pipeline/item.ts'
import type { Context } from '../../runtime/context.ts'
import type { Listens } from '../../runtime/events.ts'
import type { Listener } from '../../runtime/listen.ts'
import { type EachTenant, platform, type Task } from '../../runtime/task.ts'
import type { Database, Tx } from '../../store/db.ts'
import { readServing } from '../../store/models.ts'
import { tenantsOf } from '../../store/tenants.ts'
import type { CertifyBudgets, Evidence, Learner } from './deps.ts'
import { modelMetrics } from './model-metrics.ts'
import { createModels, type ModelServices } from './models.ts'
import { createRegistry, type LookPart, type Registry } from './registry.ts'
import { reloadMetrics } from './reload-metrics.ts'
import { modelRoutes } from './routes.ts'

/** Without loops: nobody else works on this database (a replay). */
type ModelsContext = Pick<Context, 'db' | 'now' | 'pods' | 'audit' | 'metrics'> &
  Partial<Pick<Context, 'signal' | 'every'>> & {
    readonly config: Pick<Config, 'minAuc' | 'modelPath' | 'modelTrustedKeys'> & {
      readonly nightlyRetrain?: boolean
      /** Whose model /metrics speaks of; left out: of none. */
      readonly tenant?: string
    }
    readonly secrets: { readonly modelSigningKey: string }
  }

export interface ModelsNeeds {
  createLearner(options: {
    readonly db: Database
    readonly pod: string
    readonly baseFeatures: Pod['baseFeatures']
    readonly scope: string
    readonly tenants: () => Promise<readonly string[]>
    readonly segmentFeatures: readonly string[]
    readonly golden: readonly []
  }): Learner
  evidenceOf(db: Database, pod: Pod): Evidence
  budgetsOf(db: Tx, tenant: string, pod: Pod): Promise<{ readonly floor: number; readonly budgets: Budgets }>
  /** The pod whose models the HTTP door shows. */
  readonly shown: Pod
}

interface Budgets {
  readonly act: CertifyBudgets['act']
  readonly clear: CertifyBudgets['clear']
}

/** The models of every pod: what serves, how it is watched, and how it is learned. */
export interface OpenModels extends AsyncDisposable, Listener {
  serving(tenant: string, pod: Pod): ServingModel | null
  cover(tenant: string): Promise<unknown> | null
  readonly listens: Listens
  readonly tasks: readonly Task[]
  /** Models of the pod that the HTTP door shows. */
  readonly service: ModelServices
  readonly routes: ReturnType<typeof modelRoutes>
  readonly registry: Registry
  of(pod: string): { readonly registry: Registry; readonly service: ModelServices }
  /** The nightly run for every pod and scope, those of all tenants first; a refusal is a verdict, not a failure. */
  retrainAll(eachTenant: EachTenant, signal?: AbortSignal): Promise<unknown>
}

/** Under five seconds, so that a replica follows a swap in time even where news get lost. */
const pollMs = 4_000

/** Rows of a fit are drawn by nothing, folds by time: the seed only names the run. */
const trainingSeed = 1

export async function openModels(options: ModelsContext, needs: ModelsNeeds): Promise<OpenModels> {
  const { db, config, pods } = options
  const signingKey = readSigningKey(options.secrets.modelSigningKey)
  const trusted = trust(readTrustedKeys(config.modelTrustedKeys), signingKey)
  const tenants = () => db.transaction([], tenantsOf)
  const counters = reloadMetrics(options.metrics)
  const openOne = (pod: Pod) => openPod(pod, { ...options, ...needs, signingKey, trusted, tenants, counters })
  const parts = new Map(pods.map(pod => [pod.name, openOne(pod)] as const))
  const of = (pod: string) => {
    const part = parts.get(pod)
    if (part === undefined) throw new Error(`there is no pod called ${pod}`)
    return part
  }
  for (const { service } of parts.values()) await service.start()
  const refresh = async (): Promise<void> => {
    for (const { registry } of parts.values()) await registry.refresh()
  }
  const following = options.every?.({ name: 'models', everyMs: pollMs, mostMs: pollMs, work: refresh })
  const look = (): void => following?.wake()
  // Where its pod is not served it says that there is no model, and nobody asks.
  const shown = parts.get(needs.shown.name) ?? openOne(needs.shown)
  if (config.tenant !== undefined) modelMetrics(options.metrics, shown, config.tenant)
  const retrainAll = (eachTenant: EachTenant, signal?: AbortSignal): Promise<unknown> =>
    eachTenant(async scope => {
      for (const pod of pods) {
        if ((pod.modelScope === 'all') !== (scope === platform)) continue
        const { service, learner } = of(pod.name)
        options.signal?.throwIfAborted()
        await using rows = learner(scope)
        // Where nothing was ever asked and answered there is nothing to refuse either.
        if ((await rows.refresh()).labels === 0) continue
        await service.learn(
          scope,
          { actor: 'system', reason: 'nightly', requestId: undefined },
          {
            learner: signal === undefined ? rows : endingWith(rows, signal),
          },
        )
      }
    }, platform)
  return {
    of,
    service: shown.service,
    routes: modelRoutes(shown.service),
    registry: shown.registry,
    serving: (tenant, pod) => of(pod.name).registry.serving(tenant),
    cover(tenant) {
      const looks = [...parts.values()].map(({ registry }) => registry.joinLook(tenant)).filter(look => look !== null)
      return looks.length === 0 ? null : lookTogether(db, looks)
    },
    listens: {
      'batch.committed'({ items, eventResults }) {
        for (let i = 0; i < items.length; i++) {
          const item = items[i]!
          if (!('verdict' in item) || item.score.probability === null || eventResults[i]?.status !== 'recorded')
            continue
          of(item.pod.name).registry.observe(item.raw.tenant, item.schema, item.features)
        }
      },
    },
    channels: { surety_models: look },
    missed: look,
    retrainAll,
    tasks: [
      {
        name: 'nightly-retrain',
        schedule: config.nightlyRetrain === true ? { cron: '17 3 * * *', timeZone: 'UTC' } : null,
        run: (_at, signal, eachTenant) => retrainAll(eachTenant, signal),
      },
    ],
    async [Symbol.asyncDispose]() {
      await following?.[Symbol.asyncDispose]()
    },
  }
}

/** One look for all models of a tenant, after the looks at their places that are under way. */
async function lookTogether(db: Database, looks: readonly LookPart[]): Promise<void> {
  const places = looks.map(({ place }) => place)
  const earlier: Promise<void>[] = []
  const done = Promise.withResolvers<void>()
  for (const { follow } of looks)
    follow(after => {
      earlier.push(after)
      return done.promise
    })
  try {
    await Promise.all(earlier)
    const found = await db.read([...new Set(places.map(({ scope }) => scope))], reader => readServing(reader, places))
    for (const [at, look] of looks.entries()) look.take(found[at]!)
  } finally {
    done.resolve()
  }
}

interface PodOptions extends ModelsContext, ModelsNeeds {
  readonly signingKey: SigningKey
  readonly trusted: TrustedKeys
  readonly tenants: () => Promise<readonly string[]>
  readonly counters: ReturnType<typeof reloadMetrics>
}

function openPod(pod: Pod, options: PodOptions) {
  const { db, config, now, audit, signingKey, trusted, tenants, counters, signal } = options
  const registry = createRegistry({
    db,
    pod: pod.name,
    modelScope: pod.modelScope,
    baseFeatures: pod.baseFeatures,
    trusted,
    floor: config.minAuc,
    now,
  })
  const learner = (scope: string): Learner => {
    const own = options.createLearner({
      db,
      pod: pod.name,
      baseFeatures: pod.baseFeatures,
      scope,
      tenants: scope === '*' ? tenants : async () => [scope],
      segmentFeatures: pod.segmentFeatures ?? [],
      golden: [],
    })
    if (signal === undefined) return own
    // Whoever asks for a training, the night or an operator, it ends when the process does.
    return endingWith(own, signal)
  }
  const service = createModels({
    db,
    pod,
    registry,
    now,
    floor: config.minAuc,
    signingKey,
    modelPath: pod.modelScope === 'all' ? config.modelPath : null,
    audit,
    tenants,
    learner,
    seed: trainingSeed,
    evidence: options.evidenceOf(db, pod),
    budgets: scope => budgetsFor(scope, pod, options),
    onReload: counters.reload,
    onRetrain: counters.retrain,
  })
  return { registry, service, learner }
}

/** Those of the tenant that the model serves; of the platform where there are several. */
async function budgetsFor(scope: string, pod: Pod, { db, tenants, budgetsOf }: PodOptions) {
  const served = scope === '*' ? await tenants() : [scope]
  const whose = served.length === 1 ? served[0]! : scope
  const { budgets, floor } = await db.transaction([whose], handle => budgetsOf(handle, whose, pod))
  const { act, clear } = budgets
  return {
    floor,
    act: { alpha: act.alpha, delta: act.delta },
    clear: { alpha: clear.alpha, delta: clear.delta, missBudget: clear.missBudget },
  }
}

/** Its training ends with the signal, and what it brought by then is not used. */
const endingWith = (own: Learner, signal: AbortSignal): Learner => ({
  ...own,
  async train(request, watch) {
    signal.throwIfAborted()
    const outcome = await own.train(request, { ...watch, signal: anyOf(signal, watch?.signal) })
    return signal.aborted ? { stopped: true } : outcome
  },
})

const anyOf = (one: AbortSignal, other: AbortSignal | undefined): AbortSignal =>
  other === undefined ? one : AbortSignal.any([one, other])
