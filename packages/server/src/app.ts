import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { Pod } from '@surety/contract'
import { isCountry } from '@surety/pii'
import type { FastifyInstance } from 'fastify'
import { destination, type Logger, pino } from 'pino'
import { Registry } from 'prom-client'
import { type Core, openCore } from './app/core.ts'
import { learning } from './app/learning.ts'
import { lineService } from './app/line.ts'
import { redactFor } from './app/tenant-privacy.ts'
import { type Config, ConfigError } from './config/config.ts'
import { loadSecrets } from './config/secrets.ts'
import { acts } from './manage/acts/acts.ts'
import { openActs } from './manage/acts/open-acts.ts'
import { actRoutes } from './manage/acts/routes.ts'
import { openAudit } from './manage/audit/open-audit.ts'
import { calibration } from './manage/autonomy/calibration.ts'
import { calibrationRoutes } from './manage/autonomy/calibration-routes.ts'
import { openAutonomy } from './manage/autonomy/open-autonomy.ts'
import { cases } from './manage/cases/cases.ts'
import { readCursor, writeCursor } from './manage/cases/cursor.ts'
import { mergeSearch } from './manage/cases/merge-search.ts'
import { opensContacts } from './manage/cases/opens-contacts.ts'
import { reveal } from './manage/cases/reveal.ts'
import { caseRoutes } from './manage/cases/routes.ts'
import { openConservation } from './manage/conservation/open-conservation.ts'
import { eventRoutes } from './manage/events/event-routes.ts'
import { leadRoutes } from './manage/events/lead-routes.ts'
import { explanations } from './manage/explain/explain.ts'
import { explainRoutes } from './manage/explain/routes.ts'
import { idempotency } from './manage/idempotency/idempotency.ts'
import { openInbox } from './manage/inbox/open-inbox.ts'
import { ensureFirstKey, keys } from './manage/keys/keys.ts'
import { keyRoutes } from './manage/keys/routes.ts'
import { modelMetrics } from './manage/models/model-metrics.ts'
import { type OpenModels, openModels } from './manage/models/open-models.ts'
import { openReceipts } from './manage/receipts/open-receipts.ts'
import { leadGauges } from './manage/reports/lead-metrics.ts'
import { reports } from './manage/reports/reports.ts'
import { reportRoutes } from './manage/reports/routes.ts'
import { openRetention } from './manage/retention/open-retention.ts'
import { settingRoutes } from './manage/settings/routes.ts'
import { settings } from './manage/settings/settings.ts'
import { tenantSettings } from './manage/settings/tenant-settings.ts'
import { taskRoutes } from './manage/tasks/routes.ts'
import { taskService } from './manage/tasks/tasks.ts'
import { lineMetrics } from './metrics/line-metrics.ts'
import { workMetrics } from './metrics/work-metrics.ts'
import { act } from './pipeline/act/act.ts'
import { randomIds } from './pipeline/ids.ts'
import { createIntake, type Intake } from './pipeline/intake.ts'
import type { Ids } from './pipeline/item.ts'
import { createLater } from './pipeline/later.ts'
import { podNamed, podOf, pods, podsServed } from './pods.ts'
import { wallClock } from './runtime/clock.ts'
import type { Context } from './runtime/context.ts'
import { endings } from './runtime/endings.ts'
import { createEvents, type Listens } from './runtime/events.ts'
import { openListen } from './runtime/listen.ts'
import { openLoops } from './runtime/loops.ts'
import { openRateTotals } from './runtime/rate-totals.ts'
import { runDirectly } from './runtime/run-task.ts'
import { standingFigures } from './runtime/standing-figures.ts'
import { taskMetrics } from './runtime/task-metrics.ts'
import { openTasks, type Tasks } from './runtime/tasks.ts'
import { within } from './runtime/within.ts'
import { auditOf } from './store/audit.ts'
import { announce } from './store/autonomy-epochs.ts'
import type { Database } from './store/db.ts'
import type { Tuning } from './store/embedded/settings.ts'
import { openStore } from './store/open-store.ts'
import { ensurePartitions } from './store/partitions.ts'
import { clockOf } from './store/server.ts'
import { tasksChannel } from './store/tasks.ts'
import { tell } from './store/tell.ts'
import { tenantsOf } from './store/tenants.ts'
import { knownKeys } from './transport/http/access.ts'
import { buildHttp } from './transport/http/http.ts'
import { defaultRateLimits, type HttpConfig, type RateLimits } from './transport/http/http-config.ts'
import type { Inside, SliceRoutes } from './transport/http/inside.ts'
import { rateLimiter } from './transport/http/rate-limit.ts'

/** Parts that tests, the demo and the replay bring themselves. */
export interface Overrides {
  /** The clock of everything: the wall clock, or a virtual one. */
  readonly now?: () => Date
  readonly ids?: Ids
  readonly tuning?: Tuning
  readonly logger?: Logger
  readonly limits?: RateLimits
  readonly checkAnswer?: HttpConfig['checkAnswer']
  /** History is pushed through this line: commits need not wait for the disk, and cases are known to exist. */
  readonly history?: boolean
  /** false: nothing recurs by itself (the demo drives its own nights). */
  readonly jobs?: boolean
  /** Where the embedded database lies, when not in DATA_DIR. */
  readonly databaseDir?: string
  /** How long a stop waits for each thing that it ends. */
  readonly patienceMs?: number
}

/** A running Surety: everything is built here and nowhere else, and closed in the reverse order. */
export interface App extends AsyncDisposable {
  readonly config: Config
  readonly db: Database
  readonly core: Core
  readonly intake: Intake
  readonly models: OpenModels
  readonly now: () => Date
  readonly cases: ReturnType<typeof cases>
  readonly settings: ReturnType<typeof settings>
  readonly http: FastifyInstance
  /** null: nothing recurs by itself. */
  readonly tasks: Tasks | null
  /** The hourly look at labels, certificates and tripwires of every tenant, now. */
  refreshAutonomy(): Promise<void>
  /** Reads the figures of the database that `registry` shows, now. */
  refreshFigures(): Promise<void>
  readonly registry: Registry
  /** Sentences worth printing at start. */
  readonly notes: readonly string[]
  /** The admin key of an empty installation: shown once, null afterwards. */
  readonly firstKey: string | null
  /** Opens the HTTP door; answers its address. */
  listen(): Promise<string>
}

/** How long a process that was killed keeps others from its tasks. */
const leaseMs = 60_000
const usualPatienceMs = 5_000

export async function openApp(config: Config, overrides: Overrides = {}): Promise<App> {
  await using stack = new AsyncDisposableStack()
  const served = podsServed(config.pods)
  const servedOf = (kind: string) => served.find(pod => pod === podOf(kind))
  const clock = wallClock(overrides.now)
  const { now, monotonicMs } = clock
  const logger = overrides.logger ?? pino({ level: config.logLevel }, destination(2))
  const onError = (error: unknown, task?: string, tenant?: string) =>
    logger.error({ err: describe(error), ...(task ? { task } : {}), ...(tenant ? { tenant } : {}) }, 'failed')

  const { patienceMs = usualPatienceMs } = overrides
  const end = endings({ clock, onError, patienceMs })
  const hold = <T extends AsyncDisposable>(name: string, opened: T): T => {
    stack.defer(async () => void (await end(name, () => opened[Symbol.asyncDispose]())))
    return opened
  }

  const secrets = await loadSecrets(config.secrets, config.dataDir)
  const store = stack.use(
    await openStore({
      databaseUrl: config.databaseUrl,
      dataDir: overrides.databaseDir ?? config.dataDir,
      ...(overrides.tuning ? { tuning: overrides.tuning } : {}),
    }),
  )
  const { db } = store
  await db.transaction([], handle => ensurePartitions(handle, now(), new Date(now().getTime() + 35 * 86_400_000)))

  const registry = new Registry()
  const leads = podNamed('customer-ops')
  const audit = auditOf((handle, tenant, text) => redactFor(handle, secrets.piiRoot, tenant, text))
  const redact = (tenant: string, text: string) =>
    db.transaction([tenant], handle => redactFor(handle, secrets.piiRoot, tenant, text))
  const firstKey = await ensureFirstKey({ db, now, audit }, config.tenant)
  const stopping = new AbortController()
  const { signal } = stopping
  const listen = hold('listen', await openListen({ db, clock, onError }))
  const { every } = hold('loops', openLoops({ clock, metrics: registry, signal, onError }))
  const figures = hold('figures', standingFigures(every, onError))
  const thresholds = new Map([[leads.name, config.threshold]])
  const events = createEvents(onError)
  const ctx: Context = {
    db,
    clock,
    now,
    onError,
    metrics: registry,
    figures,
    pods: served.map(pod => (pod === leads ? { ...leads, threshold: config.threshold } : pod)),
    config,
    secrets,
    audit,
    redact,
    events,
    every,
    signal,
  }
  const models = hold('models', await openModels(ctx, learning))
  const core = hold(
    'line',
    await openCore({
      db,
      secrets,
      ids: overrides.ids ?? randomIds(),
      podOf: servedOf,
      monotonicMs,
      now,
      enrichment: config.enrichment,
      keepsMessages: config.memory,
      watch: workMetrics(registry, monotonicMs),
      thresholds,
      ...(overrides.history ? { synchronousCommit: 'off' as const, casesExist: true } : {}),
      newChain: randomUUID,
      serving: models.serving,
      cover: models.cover,
      onError,
      observe: (items, eventResults) => void events.publish('batch.committed', { items, eventResults }),
      refuse: raws => void events.publish('batch.refused', raws),
      settle: (raws, eventResults, committed) =>
        void events.publish('batch.settled', { raws, eventResults, committed }),
    }),
  )
  hold('search', mergeSearch(ctx))
  hold('receipts', openReceipts(ctx, { chains: core.receipts }))
  if (!(await opensContacts(db, core.dataKeys, pods)))
    throw new ConfigError(
      'DATA_KEY does not open the contact fields that are stored: start with the key they were written with (keys.json in DATA_DIR, or your backup of it).',
    )
  const queueDays = async (tenant: string, pod: Pod) => {
    await core.deps.prepare(new Set([tenant]))
    return core.active.snapshot().autonomy(tenant, pod).queueDays
  }
  const intake = createIntake({ run: core.run, now, monotonicMs })
  const work = hold(
    'acts',
    openActs(ctx, {
      createLater,
      perform: (handle, tenant, at) => act(handle, tenant, at, { podNamed, queueDays }),
    }),
  )
  const autonomy = hold('autonomy', openAutonomy(ctx, core.active))
  const inbox = hold('inbox', openInbox(ctx, intake))
  const account = openConservation(ctx)
  const line = lineMetrics(registry, { pods, podOf }, () => intake.pending, account.lost)
  modelMetrics(registry, models, config.tenant)
  leadGauges({ db, registry, figures, pod: leads, modelScope: models.registry.scopeOf(config.tenant), now })
  const snapshots: Listens = { 'settings.changed': ({ tenant }) => core.active.refresh(tenant) }
  for (const { listens } of [{ listens: snapshots }, line, models, work, autonomy, inbox]) events.hear(listens)
  // A database with much in it or much to do keeps nobody from the door.
  await figures.begin(2_000)

  // The pod that is meant where none is named.
  const defaultPod = served.includes(leads) ? leads.name : served[0]!.name
  const casesSlice = cases({
    db,
    pod: leads.name,
    dataKeys: core.dataKeys,
    memory: config.memory,
    privacy(tenant) {
      const privacy = core.active.privacy(tenant)
      return { redact: privacy.redact, contactWords: contact => privacy.readContact(contact).words }
    },
  })
  const settingsSlice = settings({
    db,
    now,
    pods: ctx.pods.map(pod => ({ ...pod, budgets: autonomy.budgets(pod) })),
    whole: tenantSettings(isCountry),
    defaultPod,
    audit,
    async announce(handle, tenant, change) {
      await tell(handle, 'surety_settings', tenant)
      if (change.name === 'tenant') await announce(handle, tenant)
      else await autonomy.settingSaved(handle, tenant, podNamed(change.pod), change)
    },
  })
  const casesService = {
    ...casesSlice,
    reveal: reveal({ db, pod: leads.name, dataKeys: core.dataKeys, now, audit }),
    async search(tenant: string, q: string, options: { limit: number }) {
      await core.deps.prepare(new Set([tenant]))
      return casesSlice.search(tenant, q, options)
    },
  }
  const settingsService: typeof settingsSlice = {
    get: settingsSlice.get,
    async put(actor, place, value, apply, requestId) {
      const answer = await settingsSlice.put(actor, place, value, apply, requestId)
      if (apply) await events.publish('settings.changed', { tenant: actor.tenant, name: place.name })
      return answer
    },
  }
  const actsService = acts({
    db,
    now,
    pod: leads,
    queueDays,
    cursor: { read: readCursor, write: writeCursor },
    audit,
    moved: moves => void events.publish('cases.moved', moves),
  })
  const keysService = keys({ db, now, audit }, monotonicMs)
  const doorLine = lineService(intake, core, now)
  const routes: SliceRoutes = {
    ...leadRoutes(doorLine),
    ...eventRoutes(doorLine),
    ...caseRoutes(casesService),
    ...inbox.routes,
    ...reportRoutes(reports({ db, pod: leads.name, now, audit })),
    ...actRoutes(actsService),
    ...explainRoutes(explanations({ db, pods })),
    ...autonomy.routes,
    ...calibrationRoutes(calibration({ db, now, audit, pods: served, defaultPod })),
    ...models.routes,
    ...taskRoutes(taskService({ db, now, audit })),
    ...settingRoutes(settingsService),
    ...keyRoutes(keysService),
  }
  const inside: Inside = {
    routes,
    authenticate: keysService.authenticate,
    idempotency: idempotency({ db, now }),
    ready: () =>
      db.ping().then(
        () => true,
        () => false,
      ),
  }
  const perPrincipal = rateLimiter(knownKeys)
  const rates = stack.use(await openRateTotals(ctx, perPrincipal.counts))
  const http = buildHttp(inside, {
    perPrincipal,
    corsOrigins: config.corsOrigins,
    trustedProxies: config.trustedProxies,
    production: config.production,
    devOpenLoopback: config.devOpenLoopback,
    openTenant: config.tenant,
    leads: served.includes(leads),
    metricsToken: config.metricsToken,
    logger,
    requestIds: randomUUID,
    limits: overrides.limits ?? defaultRateLimits,
    ...(overrides.checkAnswer ? { checkAnswer: overrides.checkAnswer } : {}),
    registry,
    stopMs: 2 * patienceMs,
  })
  const retention = openRetention(ctx, { wallClock: () => new Date() })
  // Where several are late they take their turns in this order: learning takes longest.
  const recurring = [retention, inbox, account, autonomy, openAudit(ctx), models].flatMap(({ tasks }) => tasks)
  const tenants = () => db.transaction([], tenantsOf)
  // Where time is another one than that of the wall, no clock of a database goes by it.
  const shared = overrides.now === undefined ? { sharedMs: clockOf } : {}
  const watched = taskMetrics(registry, recurring, monotonicMs)
  const tasks =
    overrides.jobs === false
      ? null
      : hold(
          'tasks',
          await openTasks({
            db,
            clock,
            ...shared,
            tasks: recurring,
            tenants,
            signal,
            onError,
            leaseMs,
            patienceMs,
            ...watched,
          }),
        )
  const wake = { channels: { [tasksChannel]: tasks?.wake ?? (() => {}) }, missed: tasks?.wake ?? (() => {}) }
  for (const listener of [models, autonomy, rates, wake]) {
    await listen.add(listener)
    // What it read when it was opened may be older.
    listener.missed()
  }
  // A training ends at once; the door closes, then what was taken in is through the line, then the rest goes.
  stack.defer(async () => {
    stopping.abort()
    const closed = http.close()
    // Who waits for a database that does not answer is told so while there is a door to tell it through.
    if (!(await within(clock, patienceMs, closed))) intake.giveUp()
    await closed
    await end('intake', intake.drain)
  })
  const open = stack.move()
  return {
    config,
    db,
    core,
    intake,
    models,
    now,
    cases: casesService,
    settings: settingsService,
    http,
    refreshFigures: figures.refresh,
    tasks,
    refreshAutonomy: () => runDirectly(autonomy.tasks[0], now(), tenants, signal),
    registry,
    notes: [...store.notes, ...(secrets.note === null ? [] : [secrets.note])],
    firstKey,
    async listen() {
      await http.listen({ port: config.port, host: config.host })
      const { port } = http.server.address() as AddressInfo
      return `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** What a log line may say of an error: never its parameters, which may be personal. */
function describe(error: unknown): { name: string; message: string; code?: string } {
  if (!(error instanceof Error)) return { name: 'unknown', message: String(error) }
  return { name: error.name, message: error.message, ...('code' in error ? { code: String(error.code) } : {}) }
}
