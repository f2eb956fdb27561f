import type { Pod } from '@surety/contract'
import { destination, type Logger, pino } from 'pino'
import { Registry } from 'prom-client'
import type { Config } from '../config/config.ts'
import { loadSecrets, type Secrets } from '../config/secrets.ts'
import { type LineName, type Log, logTo } from '../log/catalogue.ts'
import { counter } from '../metrics/register.ts'
import { installed, podsFrom, podsServed, withConfigured } from '../pods.ts'
import { wallClock } from '../runtime/clock.ts'
import type { Context } from '../runtime/context.ts'
import { databaseMetrics } from '../runtime/database-metrics.ts'
import { type Endings, endings } from '../runtime/endings.ts'
import { createEvents } from '../runtime/events.ts'
import { type Listen, openListen } from '../runtime/listen.ts'
import { openLoops } from '../runtime/loops.ts'
import { live } from '../runtime/manner.ts'
import { standingFigures } from '../runtime/standing-figures.ts'
import { auditOf } from '../store/audit.ts'
import type { Tuning } from '../store/embedded/settings.ts'
import { openStore } from '../store/open-store.ts'
import { makeMonths } from '../store/partitions.ts'
import { failureLog } from './failure-log.ts'
import type { History } from './history.ts'
import { holdInstallationKeys } from './installation-keys.ts'
import { redactFor } from './tenant-privacy.ts'

/** The store ends by itself: connections are cut after two seconds, and the embedded PostgreSQL is killed after seventy. */
const storeEndMs = 90_000
const usualPatienceMs = 5_000

export interface ContextOverrides {
  /** The clock of everything; left out: that on the wall, or that of the history. */
  readonly now?: () => Date
  /** One is pushed through, instead of live events. */
  readonly history?: History
  readonly tuning?: Tuning
  readonly logger?: Logger
  /** Those of this installation, when not those of `pods.ts`. */
  readonly pods?: readonly Pod[]
  /** How long a stop waits for each thing that it ends. */
  readonly patienceMs?: number
}

export interface OpenContext {
  readonly ctx: Context & { readonly secrets: Secrets }
  /** Ends all of this, and before it what is added. */
  readonly stack: Endings
  readonly listen: Listen
  readonly patienceMs: number
  /** Resolves when the embedded database has ended for good: nothing can be served any more. */
  readonly lost: Promise<Error>
  /** Aborts `ctx.signal`. */
  stop(): void
  /** Sentences worth printing at start. */
  readonly notes: readonly string[]
}

/** What every slice is opened with: the database, the clock, loops, news and figures of one process. */
export async function openContext(config: Config, overrides: ContextOverrides): Promise<OpenContext> {
  const { history } = overrides
  const clock = wallClock(overrides.now ?? history?.now)
  const { now } = clock
  const log = logTo(
    failureLog(
      overrides.logger ?? pino({ level: config.logLevel, serializers: asItIs }, destination(2)),
      clock.monotonicMs,
    ),
  )
  const onError = (err: unknown, task?: string, tenant?: string): void => tellFailure(log, err, task, tenant)
  const { patienceMs = usualPatienceMs } = overrides
  await using opened = endings({ clock, onError, patienceMs })
  const metrics = new Registry()
  const restarts = counter(metrics, 'embedded_database_restarts_total')
  const secrets = await loadSecrets(config.secrets, config.dataDir)
  const store = opened.use(
    'store',
    await openStore({
      databaseUrl: config.databaseUrl,
      migrateUrl: config.migrateUrl,
      dataDir: config.dataDir,
      ...(overrides.tuning ? { tuning: overrides.tuning } : {}),
      onWait: () => log('tables_waited_for', {}),
      onDeath(failed) {
        if (failed !== null) return onError(failed, 'database')
        restarts.inc()
        log('embedded_database_restarted', { task: 'database' })
      },
    }),
    storeEndMs,
  )
  const { db } = store
  // A history is lived through with keys of its own.
  if (history === undefined) await holdInstallationKeys(db, secrets, now)
  // A history makes room for its years as it comes to them.
  if (history === undefined) await makeMonths(db, now(), new Date(now().getTime() + 35 * 86_400_000))
  const stopping = new AbortController()
  const { signal } = stopping
  const { databaseSilenceMs: silenceMs } = config
  // Where time is another one than that of the wall, no clock of a database goes by it.
  const watch = databaseMetrics(metrics, overrides.now === undefined && history === undefined)
  const listen = opened.use(
    'listen',
    await openListen({ db, clock, onError, silenceMs, askMs: 0.4 * silenceMs, watch }),
  )
  const loops = opened.use('loops', openLoops({ clock, metrics, signal, onError }))
  const ctx: OpenContext['ctx'] = {
    db,
    clock,
    now,
    manner: history?.manner ?? (() => live),
    onError,
    log,
    metrics,
    figures: opened.use('figures', standingFigures(loops.every, onError)),
    ...podsOf(config, overrides.pods ?? installed.pods),
    config,
    secrets,
    audit: auditOf((handle, tenant, text) => redactFor(handle, secrets.piiRoot, tenant, text)),
    redact: (tenant, text) => db.transaction([tenant], handle => redactFor(handle, secrets.piiRoot, tenant, text)),
    events: createEvents(onError),
    every: loops.every,
    signal,
  }
  const notes = [...store.notes, ...(secrets.note === null ? [] : [secrets.note])]
  return {
    ctx,
    listen,
    notes,
    lost: store.lost,
    patienceMs,
    stop: () => stopping.abort(),
    stack: opened.move(),
  }
}

/** Those that a reader looks for by name; whatever else fails is work in the background. */
const namedFailures = {
  stop: 'end_left_behind',
  listen: 'database_connection_lost',
  database: 'embedded_database_failed',
} as const satisfies { readonly [task: string]: LineName }

function tellFailure(log: Log, err: unknown, task: string | undefined, tenant: string | undefined): void {
  if (task !== undefined && Object.hasOwn(namedFailures, task))
    log(namedFailures[task as keyof typeof namedFailures], { err, task })
  else log('work_failed', { err, task, tenant })
}

/** What is written of an error is chosen already. */
const asItIs = { err: (error: unknown) => error }

const leadsName = 'customer-ops'

function podsOf(
  { pods: names, threshold, outcomeWindowDays }: Config,
  known: readonly Pod[],
): Pick<Context, 'pods' | 'installed' | 'defaultPod' | 'leads'> {
  const ofLeads = { threshold, silenceDays: outcomeWindowDays }
  const all = podsFrom(known.map(pod => (pod.name === leadsName ? withConfigured(pod, ofLeads) : pod)))
  const pods = podsServed(names, all.pods)
  const leads = all.podNamed(leadsName)
  return { pods, installed: all, defaultPod: pods.includes(leads) ? leads.name : pods[0]!.name, leads }
}
