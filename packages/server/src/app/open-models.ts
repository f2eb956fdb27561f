import type { Fate, Pod } from '@surety/contract'
import type { Registry as MetricsRegistry } from 'prom-client'
import type { Config } from '../config/config.ts'
import { readContext } from '../manage/autonomy/context.ts'
import { evidenceOf } from '../manage/autonomy/held-out.ts'
import { createModels, type ModelServices } from '../manage/models/models.ts'
import { createRegistry, type Registry } from '../manage/models/registry.ts'
import { reloadMetrics } from '../manage/models/reload-metrics.ts'
import { readSigningKey, readTrustedKeys, type SigningKey, type TrustedKeys, trust } from '../model/signature.ts'
import type { Arrived, Decided, ServingModel } from '../pipeline/item.ts'
import { createLearner, type Learner } from '../pipeline/learn/learner.ts'
import { podNamed, pods } from '../pods.ts'
import { type EachTenant, platform } from '../runtime/task.ts'
import type { Audit } from '../store/audit.ts'
import type { Database } from '../store/db.ts'
import { tenantsOf } from '../store/tenants.ts'
import { type FollowModels, followModels } from './follow-models.ts'

export interface ModelsOptions {
  readonly db: Database
  readonly config: Pick<Config, 'minAuc' | 'modelPath' | 'modelTrustedKeys'>
  readonly secrets: { readonly modelSigningKey: string }
  readonly now: () => Date
  readonly audit: Audit
  readonly metrics: MetricsRegistry
  /** Thresholds from the configuration, by pod, where no policy was saved. */
  readonly thresholds?: ReadonlyMap<string, number>
  /** Aborted when the process stops: a running training ends without a verdict and nothing changes. */
  readonly signal?: AbortSignal
  /** Left out: nobody else works on this database (a replay). */
  readonly follow?: Omit<FollowModels, 'refresh'>
}

/** The models of every pod: what serves, how it is watched, and how it is learned. */
export interface OpenModels extends AsyncDisposable {
  serving(tenant: string, pod: Pod): ServingModel | null
  cover(tenant: string): Promise<unknown> | null
  observe(items: readonly (Arrived | Decided)[], fates: readonly Fate[]): void
  /** Models of the pod that the HTTP door shows. */
  readonly service: ModelServices
  readonly registry: Registry
  of(pod: string): { readonly registry: Registry; readonly service: ModelServices }
  /** The nightly run for every pod and scope, those of all tenants first; a refusal is a verdict, not a failure. */
  retrainAll(eachTenant: EachTenant): Promise<void>
}

/** Rows of a fit are drawn by nothing, folds by time: the seed only names the run. */
const trainingSeed = 1

export async function openModels(options: ModelsOptions): Promise<OpenModels> {
  const { db, config } = options
  const signingKey = readSigningKey(options.secrets.modelSigningKey)
  const trusted = trust(readTrustedKeys(config.modelTrustedKeys), signingKey)
  const tenants = () => db.transaction([], tenantsOf)
  const counters = reloadMetrics(options.metrics)
  const parts = new Map(
    pods.map(pod => [pod.name, openPod(pod, { ...options, signingKey, trusted, tenants, counters })] as const),
  )
  const of = (pod: string) => {
    const part = parts.get(pod)
    if (part === undefined) throw new Error(`there is no pod called ${pod}`)
    return part
  }
  for (const { service } of parts.values()) await service.start()
  const refresh = async (): Promise<void> => {
    for (const { registry } of parts.values()) await registry.refresh()
  }
  const following = options.follow === undefined ? null : await followModels({ ...options.follow, refresh })
  const leads = of(podNamed('customer-ops').name)
  return {
    of,
    service: leads.service,
    registry: leads.registry,
    serving: (tenant, pod) => of(pod.name).registry.serving(tenant),
    cover(tenant) {
      const waits = [...parts.values()].map(({ registry }) => registry.cover(tenant)).filter(wait => wait !== null)
      return waits.length === 0 ? null : Promise.all(waits)
    },
    observe(items, fates) {
      for (let i = 0; i < items.length; i++) {
        const item = items[i]!
        if (!('verdict' in item) || item.score.probability === null || fates[i]?.status !== 'recorded') continue
        of(item.pod.name).registry.observe(item.raw.tenant, item.schema, item.features)
      }
    },
    retrainAll: eachTenant =>
      eachTenant(async scope => {
        for (const pod of pods) {
          if ((pod.modelScope === 'all') !== (scope === platform)) continue
          const { service, learner } = of(pod.name)
          options.signal?.throwIfAborted()
          await using rows = learner(scope)
          // Where nothing was ever asked and answered there is nothing to refuse either.
          if ((await rows.refresh()).labels === 0) continue
          await service.learn(scope, { actor: 'system', reason: 'nightly', requestId: undefined }, { learner: rows })
        }
      }, platform),
    async [Symbol.asyncDispose]() {
      await following?.[Symbol.asyncDispose]()
    },
  }
}

interface PodOptions extends ModelsOptions {
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
    const own = createLearner({
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
    return {
      ...own,
      async train(request, watch) {
        signal.throwIfAborted()
        const outcome = await own.train(request, { ...watch, signal: anyOf(signal, watch?.signal) })
        return signal.aborted ? { stopped: true } : outcome
      },
    }
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
    evidence: evidenceOf(db, pod),
    budgets: scope => budgetsFor(scope, pod, options),
    onReload: counters.reload,
    onRetrain: counters.retrain,
  })
  return { registry, service, learner }
}

/** Those of the tenant that the model serves; of the platform where there are several. */
async function budgetsFor(scope: string, pod: Pod, { db, tenants, thresholds }: PodOptions) {
  const served = scope === '*' ? await tenants() : [scope]
  const whose = served.length === 1 ? served[0]! : scope
  const here = { ...pod, threshold: thresholds?.get(pod.name) ?? pod.threshold }
  const { budgets, floor } = await db.transaction([whose], handle => readContext(handle, whose, here))
  const { act, clear } = budgets
  return {
    floor,
    act: { alpha: act.alpha, delta: act.delta },
    clear: { alpha: clear.alpha, delta: clear.delta, missBudget: clear.missBudget },
  }
}

const anyOf = (one: AbortSignal, other: AbortSignal | undefined): AbortSignal =>
  other === undefined ? one : AbortSignal.any([one, other])
