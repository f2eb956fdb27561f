import { type JsonObject, placeOf, type Question, type QuestionKey } from '@surety/contract'
import type { Config } from '../../config/config.ts'
import { eachApart } from '../../errors.ts'
import { readSigningKey, readTrustedKeys, type SigningKey, type TrustedKeys, trust } from '../../model/signature.ts'
import type { ServingModel } from '../../pipeline/item.ts'
import type { Context } from '../../runtime/context.ts'
import type { Listens } from '../../runtime/events.ts'
import type { Listener } from '../../runtime/listen.ts'
import { type EachTenant, platform, type Task } from '../../runtime/task.ts'
import type { Database, Tx } from '../../store/db.ts'
import { confirmLearningRun } from '../../store/learning-runs.ts'
import { readServing } from '../../store/models.ts'
import { tenantsOf } from '../../store/tenants.ts'
import type { Evidence, Learner } from './deps.ts'
import { modelPage } from './list-models.ts'
import { modelMetrics } from './model-metrics.ts'
import { createModels, type ModelServices } from './models.ts'
import { createRegistry, type LookPart, type Registry } from './registry.ts'
import { reloadMetrics } from './reload-metrics.ts'
import { modelRoutes } from './routes.ts'
import { createScopes, type Scopes, servedAt } from './scopes.ts'
import { isWorthRunning } from './worth.ts'

/** Without loops: nobody else works on this database (a replay). */
type ModelsContext = Pick<Context, 'db' | 'now' | 'pods' | 'audit' | 'metrics'> &
  Partial<Pick<Context, 'signal' | 'every' | 'manner' | 'log'>> & {
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
    readonly question: QuestionKey
    readonly baseFeatures: Question['baseFeatures']
    readonly scope: string
    readonly tenants: () => Promise<readonly string[]>
    readonly segmentFeatures: readonly string[]
    readonly golden: readonly []
    learnableUntil(tenant: string): Promise<Date>
  }): Learner
  evidenceOf(db: Database, question: Question): Evidence
  /** Of a tenant, cases decided up to then are old enough to be learned from. */
  learnableUntil(db: Tx, tenant: string, question: Question, now: Date): Promise<Date>
  /** The question whose models are shown where none is named. */
  readonly shown: Question
}

/** The models of every question: what serves, how it is watched, and how it is learned. */
export interface OpenModels extends AsyncDisposable, Listener {
  serving(tenant: string, question: Question): ServingModel | null
  /** The model of a digest, where this process has it loaded for the tenant. */
  scorerOf(tenant: string, question: Question, digest: string): ServingModel | null
  /** Loads it beside what serves; null when it is there. */
  coverVersion(tenant: string, question: Question, digest: string): Promise<void> | null
  cover(tenant: string): Promise<unknown> | null
  readonly listens: Listens
  readonly tasks: readonly [Task<readonly Night[]>]
  /** Models of the question that is shown where none is named. */
  readonly service: ModelServices
  readonly routes: ReturnType<typeof modelRoutes>
  readonly registry: Registry
  of(question: QuestionKey): { readonly registry: Registry; readonly service: ModelServices }
  /**
   * The nightly run for every question and scope to which it is worth it, those of all tenants first; a refusal is a verdict,
   * not a failure.
   * @param asked a person wants it: it is run for all of them
   */
  retrainAll(at: Date, eachTenant: EachTenant, signal?: AbortSignal, asked?: boolean): Promise<readonly Night[]>
}

/** What the nightly run brought for one question and scope. */
export interface Night extends QuestionKey {
  readonly scope: string
  readonly verdict: JsonObject
}

/** Under five seconds, so that a replica follows a swap in time even where news get lost. */
const pollMs = 4_000

/** Rows of a fit are drawn by nothing, folds by time: the seed only names the run. */
const trainingSeed = 1

export async function openModels(options: ModelsContext, needs: ModelsNeeds): Promise<OpenModels> {
  const { db, config, pods, now } = options
  const signingKey = readSigningKey(options.secrets.modelSigningKey)
  const trusted = trust(readTrustedKeys(config.modelTrustedKeys), signingKey)
  const tenants = () => db.transaction([], tenantsOf)
  const counters = reloadMetrics(options.metrics, placeOf(needs.shown))
  const scopes: Scopes = createScopes({
    db,
    ready: (key, scope) => parts.get(nameOf(key))?.registry.coverScope(scope) ?? null,
  })
  const openOne = (question: Question) =>
    openQuestion(question, { ...options, ...needs, signingKey, trusted, tenants, counters, scopes })
  const questions = pods.flatMap(pod => [...pod.questions])
  const parts = new Map(questions.map(question => [nameOf(placeOf(question)), openOne(question)] as const))
  const of = (key: QuestionKey) => {
    const part = parts.get(nameOf(key))
    if (part === undefined) throw new Error(`no pod called ${key.pod} asks ${key.question}`)
    return part
  }
  for (const { service } of parts.values()) await service.start()
  /** First looks at a tenant that are under way: whoever asks meanwhile waits for the same. */
  const covering = new Map<string, Promise<unknown>>()
  const look = (tenant: string): Promise<void> | null => {
    const looks = [...parts.values()].map(({ registry }) => registry.joinLook(tenant)).filter(part => part !== null)
    return looks.length === 0 ? null : lookTogether(db, looks)
  }
  const refresh = async (): Promise<void> => {
    await scopes.refresh()
    for (const { registry } of parts.values()) await registry.refresh()
  }
  const following = options.every?.({ name: 'models', everyMs: pollMs, mostMs: pollMs, work: refresh })
  const wake = (): void => following?.wake()
  // Where its pod is not served it says that there is no model, and nobody asks.
  const shown = parts.get(nameOf(placeOf(needs.shown))) ?? openOne(needs.shown)
  if (config.tenant !== undefined) modelMetrics(options.metrics, shown, config.tenant)
  /** Learners that are kept between nights. */
  const kept = new Map<string, Learner>()
  const forgetRows = async (): Promise<void> => {
    for (const learner of kept.values()) await learner[Symbol.asyncDispose]()
    kept.clear()
  }
  const rowsOf = (
    question: Question,
    scope: string,
    open: () => Learner,
  ): { readonly learner: Learner } & AsyncDisposable => {
    const name = `${nameOf(placeOf(question))}\n${scope}`
    const learner = kept.get(name) ?? open()
    if (options.manner?.().keepsRows !== true)
      return { learner, [Symbol.asyncDispose]: () => learner[Symbol.asyncDispose]() }
    kept.set(name, learner)
    return { learner, async [Symbol.asyncDispose]() {} }
  }
  const retrainAll: OpenModels['retrainAll'] = async (at, eachTenant, signal, asked = false) => {
    const nights: Night[] = []
    if (options.manner?.().keepsRows !== true) await forgetRows()
    await eachTenant(async scope => {
      await scopes.cover([scope])
      const learnOne = async (question: Question): Promise<void> => {
        const { service, learner, served } = of(placeOf(question))
        const its = scope === platform ? (await served(scope)).length > 0 : scopes.of(scope, question) === scope
        if (!its) return
        options.signal?.throwIfAborted()
        const place = { ...placeOf(question), scope }
        if (!asked && !(await isWorthRunning(db, place, await served(scope), at))) {
          await db.transaction([scope], handle => confirmLearningRun(handle, place, at))
          return
        }
        await using rows = rowsOf(question, scope, () => learner(scope))
        // Where nothing was ever asked and answered there is nothing to refuse either.
        if ((await rows.learner.refresh()).labels === 0) return
        const asker = { actor: 'system', reason: 'nightly', requestId: undefined }
        const watched = signal === undefined ? rows.learner : endingWith(rows.learner, signal)
        const verdict = await service.learn(scope, asker, { learner: watched })
        nights.push({ ...placeOf(question), scope, verdict })
      }
      // A question that cannot be learned keeps none of the others from its turn; the tenant is visited again within minutes.
      await eachApart(questions, learnOne, signal ?? options.signal)
    }, platform)
    return nights
  }
  return {
    of,
    service: shown.service,
    routes: modelRoutes({
      pods,
      defaultPod: needs.shown.pod,
      serviceOf: question => of(placeOf(question)).service,
      page: (tenant, asked, paging) => modelPage({ db, now, scopes }, tenant, asked, paging),
    }),
    registry: shown.registry,
    serving: (tenant, question) => of(placeOf(question)).registry.serving(tenant),
    scorerOf: (tenant, question, digest) => of(placeOf(question)).registry.scorerOf(tenant, digest),
    coverVersion: (tenant, question, digest) => of(placeOf(question)).registry.coverVersion(tenant, digest),
    cover(tenant) {
      const asked = covering.get(tenant)
      if (asked !== undefined) return asked
      const known = scopes.cover([tenant])
      if (known === null) return look(tenant)
      const both = known.then(() => look(tenant)).finally(() => covering.delete(tenant))
      covering.set(tenant, both)
      return both
    },
    listens: {
      'batch.committed'({ items, eventResults }) {
        for (let i = 0; i < items.length; i++) {
          const item = items[i]!
          if (!('verdict' in item) || eventResults[i]?.status !== 'recorded') continue
          for (const { question, raw, schema, features, score } of [item, ...(item.beside ?? [])])
            if (score.probability !== null) of(placeOf(question)).registry.observe(raw.tenant, schema, features)
        }
      },
    },
    channels: { surety_models: wake },
    missed: wake,
    retrainAll,
    tasks: [
      {
        name: 'nightly-retrain',
        schedule: config.nightlyRetrain === true ? { cron: '17 3 * * *', timeZone: 'UTC' } : null,
        run: (at, signal, eachTenant, asked) => retrainAll(at, eachTenant, signal, asked),
      },
    ],
    async [Symbol.asyncDispose]() {
      await following?.[Symbol.asyncDispose]()
      await forgetRows()
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

interface QuestionOptions extends ModelsContext, ModelsNeeds {
  readonly signingKey: SigningKey
  readonly trusted: TrustedKeys
  readonly tenants: () => Promise<readonly string[]>
  readonly counters: ReturnType<typeof reloadMetrics>
  readonly scopes: Scopes
}

const nameOf = ({ pod, question }: QuestionKey): string => `${pod}\n${question}`

function openQuestion(question: Question, options: QuestionOptions) {
  const { db, config, now, audit, signingKey, trusted, tenants, counters, scopes, signal } = options
  const log = options.log === undefined ? {} : { log: options.log }
  const registry = createRegistry({
    db,
    question,
    trusted,
    scopes,
    floor: config.minAuc,
    now,
    ...log,
  })
  const served = (scope: string) => servedAt(scopes, question, scope, tenants)
  const learner = (scope: string, guests: readonly string[] = []): Learner => {
    const own = options.createLearner({
      db,
      question: placeOf(question),
      baseFeatures: question.baseFeatures,
      scope,
      tenants: async () => [...new Set([...(await served(scope)), ...guests])],
      segmentFeatures: question.segmentFeatures ?? [],
      golden: [],
      learnableUntil: tenant =>
        db.transaction([tenant], handle => options.learnableUntil(handle, tenant, question, now())),
    })
    if (signal === undefined) return own
    // Whoever asks for a training, the night or an operator, it ends when the process does.
    return endingWith(own, signal)
  }
  const counted = counters(placeOf(question))
  const service = createModels({
    db,
    question,
    registry,
    now,
    floor: config.minAuc,
    signingKey,
    modelPath: question.modelScope === 'all' ? config.modelPath : null,
    audit,
    tenants,
    learner,
    seed: trainingSeed,
    evidence: options.evidenceOf(db, question),
    ...log,
    onReload: counted.reload,
    onRetrain: counted.retrain,
  })
  return { registry, service, learner, served }
}

/** Its training ends with the signal, and what it brought by then is not used. */
const endingWith = (own: Learner, signal: AbortSignal): Learner => ({
  ...own,
  async train(request, watch) {
    signal.throwIfAborted()
    const outcome = await own.train(request, { ...watch, signal: anyOf(signal, watch?.signal) })
    return signal.aborted ? { stopped: true } : outcome
  },
  async history(tenant, cases, watch) {
    signal.throwIfAborted()
    const outcome = await own.history(tenant, cases, { ...watch, signal: anyOf(signal, watch?.signal) })
    return signal.aborted ? { stopped: true } : outcome
  },
})

const anyOf = (one: AbortSignal, other: AbortSignal | undefined): AbortSignal =>
  other === undefined ? one : AbortSignal.any([one, other])
