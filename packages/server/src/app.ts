import { randomUUID } from 'node:crypto'
import { isCountry } from '@surety/pii'
import { type ContextOverrides, openContext } from './app/context.ts'
import { learning } from './app/core.ts'
import { openLine } from './app/line.ts'
import { hashFor, personalTextOf, redactFor } from './app/tenant-privacy.ts'
import type { Config } from './config/config.ts'
import { openActs } from './manage/acts/open-acts.ts'
import { openAlerts } from './manage/alerts/open-alerts.ts'
import { openAudit } from './manage/audit/open-audit.ts'
import { openAutonomy } from './manage/autonomy/open-autonomy.ts'
import { openCases } from './manage/cases/open-cases.ts'
import { openConservation } from './manage/conservation/open-conservation.ts'
import { openEntities } from './manage/entities/open-entities.ts'
import { openErasure } from './manage/erasure/open-erasure.ts'
import { openExplain } from './manage/explain/open-explain.ts'
import { openFindings } from './manage/findings/open-findings.ts'
import { openIdempotency } from './manage/idempotency/open-idempotency.ts'
import { openInbox } from './manage/inbox/open-inbox.ts'
import { openKeys } from './manage/keys/open-keys.ts'
import { openModels } from './manage/models/open-models.ts'
import { openReceipts } from './manage/receipts/open-receipts.ts'
import { openReports } from './manage/reports/open-reports.ts'
import { openRetention } from './manage/retention/open-retention.ts'
import { openSettings } from './manage/settings/open-settings.ts'
import { openSilence } from './manage/silence/open-silence.ts'
import { openTaskPages } from './manage/tasks/open-tasks.ts'
import { mostTicks } from './pipeline/intake.ts'
import { mostRemembered } from './pods.ts'
import type { Listener } from './runtime/listen.ts'
import { openRateTotals } from './runtime/rate-totals.ts'
import { openRecurring } from './runtime/recurring.ts'
import { runDirectly } from './runtime/run-task.ts'
import type { Slice } from './runtime/slice.ts'
import { keepStatistics } from './runtime/table-statistics.ts'
import { takesWrites } from './runtime/takes-writes.ts'
import { openTicks } from './runtime/ticks.ts'
import { within } from './runtime/within.ts'
import { tenantsOf } from './store/tenants.ts'
import { knownKeys } from './transport/http/access.ts'
import { buildHttp, listenAt } from './transport/http/http.ts'
import { defaultRateLimits, type HttpConfig, type RateLimits } from './transport/http/http-config.ts'
import type { SliceRoutes } from './transport/http/inside.ts'
import { rateLimiter } from './transport/http/rate-limit.ts'

/** Parts that tests, the demo and the replay bring themselves. */
export interface Overrides extends ContextOverrides {
  readonly limits?: RateLimits
  readonly checkAnswer?: HttpConfig['checkAnswer']
  /** false: no task and no tick comes by itself. */
  readonly jobs?: boolean
}

export type App = Awaited<ReturnType<typeof openApp>>

/** A running Surety: everything is opened here, in this order, and ended in the reverse one. */
export async function openApp(config: Config, overrides: Overrides = {}) {
  const { ctx, stack: opened, patienceMs, ...process } = await openContext(config, overrides)
  await using stack = opened
  const { db, now, events, figures, installed, metrics: registry, signal } = ctx
  const tenants = () => db.transaction([], tenantsOf)
  stack.use('statistics', keepStatistics(ctx))

  const keys = stack.use('keys', await openKeys(ctx))
  const models = stack.use('models', await openModels(ctx, { ...learning, shown: ctx.leads.questions[0] }))
  const account = openConservation(ctx)
  const line = stack.use('line', await openLine(ctx, { ...models, lost: account.lost, history: overrides.history }))
  const { core, intake } = line
  stack.use('receipts', openReceipts(ctx, { chains: core.receipts }))
  const cases = stack.use(
    'cases',
    await openCases(ctx, { pods: installed.pods, dataKeys: core.dataKeys, privacy: line.privacy }),
  )
  const acts = stack.use('acts', openActs(ctx, { ...line.later, cursor: cases.cursor }))
  const autonomy = stack.use('autonomy', openAutonomy(ctx, { active: core.active, scorerOf: models.scorerOf }))
  const settings = openSettings(ctx, { isCountry, autonomy })
  const inbox = stack.use('inbox', openInbox(ctx, intake))
  const reports = openReports(ctx, { modelScope: () => models.registry.scopeOf(config.tenant) })
  // Where time is another one than that of the wall, no clock of a database goes by it.
  const ownTime = overrides.now !== undefined || overrides.history !== undefined
  const retention = openRetention(ctx, {
    wallClock: () => new Date(),
    ownTime,
    rememberDays: mostRemembered(installed.pods),
  })
  const silence = openSilence(ctx, intake)
  // What recurs takes its turns in this order where several are late: learning takes longest.
  const slices: readonly Slice[] = [line, retention, inbox, silence, account, autonomy, openAudit(ctx), acts, models]

  for (const { listens } of slices) if (listens !== undefined) events.hear(listens)
  // A database with much in it or much to do keeps nobody from the door.
  await figures.begin(2_000)
  const routes: SliceRoutes = {
    ...line.routes,
    ...cases.routes,
    ...inbox.routes,
    ...reports.routes,
    ...acts.routes,
    ...openExplain(ctx, installed).routes,
    ...autonomy.routes,
    ...models.routes,
    ...openEntities(ctx).routes,
    ...openErasure(ctx).routes,
    ...openFindings(ctx).routes,
    ...openAlerts(ctx).routes,
    ...openTaskPages(ctx).routes,
    ...settings.routes,
    ...keys.routes,
  }
  const { authenticate, endedAt } = keys.service
  const perPrincipal = rateLimiter(knownKeys)
  const rates = stack.use('rates', await openRateTotals(ctx, perPrincipal.counts))
  const { piiRoot } = ctx.secrets
  const idempotency = openIdempotency(ctx, {
    dataKeys: core.dataKeys,
    hash: (tenant, text) => hashFor(piiRoot, tenant, text),
    redact: (handle, tenant, text) => redactFor(handle, piiRoot, tenant, text),
  })
  const { spend } = keys
  const inside = {
    routes,
    authenticate,
    endedAt,
    spend,
    idempotency: idempotency.service,
    ready: takesWrites(ctx),
    personalTo: line.isPersonal,
  }
  const http = buildHttp(inside, {
    corsOrigins: config.corsOrigins,
    trustedProxies: config.trustedProxies,
    production: config.production,
    devOpenLoopback: config.devOpenLoopback,
    metricsToken: config.metricsToken,
    metricsOpen: config.metricsOpen,
    perPrincipal,
    openTenant: config.tenant,
    leads: ctx.pods.some(pod => pod.name === ctx.leads.name),
    log: ctx.log,
    requestIds: randomUUID,
    looksPersonal: personalTextOf(piiRoot),
    limits: overrides.limits ?? defaultRateLimits,
    ...(overrides.checkAnswer ? { checkAnswer: overrides.checkAnswer } : {}),
    registry,
    stopMs: 2 * patienceMs,
  })
  const recurring = {
    slices,
    tenants,
    ownTime,
    patienceMs,
  }
  const byItself = () => overrides.jobs !== false && ctx.manner().byItself
  const ticks = stack.use(
    'ticks',
    openTicks(ctx, { ...recurring, submit: intake.submitMany, lot: mostTicks, byItself }),
  )
  const tasks = byItself() ? stack.use('tasks', await openRecurring(ctx, recurring)) : null
  const listen = async (to: readonly Partial<Listener>[]): Promise<void> => {
    for (const { channels, missed } of to)
      if (channels !== undefined && missed !== undefined) {
        await process.listen.add({ channels, missed })
        // What it read when it was opened may be older.
        missed()
      }
  }
  if (ctx.manner().byItself) await listen([...slices, keys, rates, ...(tasks === null ? [] : [tasks])])
  // A training ends at once; the door closes, then what was taken in is through the line, then the rest goes.
  stack.defer('intake', intake.drain)
  stack.defer('door', closeDoor, 10 * patienceMs)
  async function closeDoor(): Promise<void> {
    process.stop()
    const closed = http.close()
    // Who waits for a database that does not answer is told so while there is a door to tell it through.
    if (!(await within(ctx.clock, patienceMs, closed))) intake.giveUp()
    await closed
  }
  const open = stack.move()
  /** The history is over, and what had to be called for comes by itself from now on. */
  const goLive = async (): Promise<void> => {
    const begun = await openRecurring(ctx, recurring)
    open.defer('tasks', async () => {
      process.stop()
      await begun[Symbol.asyncDispose]()
    })
    await listen([...slices, keys, rates, begun])
  }
  return {
    config,
    db,
    core,
    intake,
    models,
    now,
    cases: cases.service,
    settings: settings.service,
    http,
    registry,
    /** null: nothing recurs by itself. */
    tasks,
    /** Runs the ticks whose turn has come. */
    runTicks: ticks.turn,
    /** What recurs, for whoever says when. */
    recurs: slices.flatMap(slice => slice.tasks ?? []),
    podNamed: installed.podNamed,
    nightly: models.tasks[0],
    looks: autonomy.tasks[0],
    silence,
    /** Does what is due of one tenant. */
    performAll: acts.performAll,
    goLive,
    /** The hourly look at labels, certificates and tripwires of every tenant, now. */
    refreshAutonomy: () => runDirectly(autonomy.tasks[0], now(), tenants, signal),
    /** Reads the figures of the database that `registry` shows, now. */
    refreshFigures: figures.refresh,
    /** Sentences worth printing at start. */
    notes: process.notes,
    /** Resolves when nothing can be served any more: whoever runs this ends it, with a code. */
    lost: process.lost,
    /** The admin key of an empty installation: shown once, null afterwards. */
    firstKey: keys.firstKey,
    log: ctx.log,
    /** Opens the HTTP door; answers its address. */
    async listen() {
      const address = await listenAt(http, config)
      ctx.log('service_started', { address, pods: ctx.pods.map(pod => pod.name) })
      return address
    },
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  }
}
