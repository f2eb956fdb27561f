import { type JsonObject, placeOf, type Question } from '@surety/contract'
import type { Config } from '../../config/config.ts'
import { eachApart } from '../../errors.ts'
import { readSigningKey, readTrustedKeys, trust } from '../../model/signature.ts'
import type { Context } from '../../runtime/context.ts'
import type { Listens } from '../../runtime/events.ts'
import type { Listener } from '../../runtime/listen.ts'
import type { Task } from '../../runtime/task.ts'
import type { Tx } from '../../store/db.ts'
import { tenantsOf } from '../../store/tenants.ts'
import { type AutonomyParts, autonomy } from './autonomy.ts'
import { autonomyMetrics } from './autonomy-metrics.ts'
import { budgetsChanged, defaultBudgets, readBudgets } from './budget-setting.ts'
import { calibration } from './calibration.ts'
import { calibrationRoutes } from './calibration-routes.ts'
import { followTenants } from './follow-tenants.ts'
import type { ScorerOf } from './freeze-cuts.ts'
import { type AutonomyRefresh, refreshAutonomy } from './refresh.ts'
import { refreshSchedule } from './refresh-schedule.ts'
import { autonomyRoutes } from './routes.ts'

type AutonomyContext = Pick<
  Context,
  'db' | 'pods' | 'defaultPod' | 'now' | 'audit' | 'redact' | 'metrics' | 'figures' | 'onError' | 'signal'
> &
  Partial<Pick<Context, 'manner' | 'log'>> & {
    readonly config: Pick<Config, 'modelTrustedKeys'>
    readonly secrets: { readonly modelSigningKey: string }
  }

/** Of the connections of the pool: while one look computes another one is answered. */
const looksAtOnce = 2

/** The snapshots that the line decides with. */
export interface Snapshots {
  known(): readonly string[]
  refresh(tenant: string): Promise<void>
}

export interface AutonomyNeeds {
  readonly active: Snapshots
  readonly scorerOf: ScorerOf
}

/** How far the machine may go: what the door asks, what follows the evidence, and what follows other processes. */
export interface OpenAutonomy extends AsyncDisposable, Listener {
  readonly service: ReturnType<typeof autonomy>
  readonly routes: ReturnType<typeof autonomyRoutes> & ReturnType<typeof calibrationRoutes>
  readonly tasks: readonly [Task]
  /** Labels that arrived here: enough of them are looked at within a minute. A question that was changed is asked soon. */
  readonly listens: Listens
  /** For the slice `settings`: what budgets of this question may be. */
  budgets(question: Question): {
    readonly defaults: JsonObject
    read(given: JsonObject): ReturnType<typeof readBudgets>
  }
  /** Inside the transaction that saves a setting of this question. */
  settingSaved(db: Tx, tenant: string, question: Question, change: Parameters<typeof budgetsChanged>[4]): Promise<void>
}

export function openAutonomy(options: AutonomyContext, { active, scorerOf }: AutonomyNeeds): OpenAutonomy {
  const { db, pods, now, onError, signal } = options
  const signingKey = readSigningKey(options.secrets.modelSigningKey)
  const refresh = async (tenant: string): Promise<void> => {
    if (active.known().includes(tenant)) await active.refresh(tenant)
  }
  const deps: AutonomyParts = {
    db,
    now,
    pods,
    signingKey,
    scorerOf,
    history: () => options.manner?.().byItself === false,
    trusted: trust(readTrustedKeys(options.config.modelTrustedKeys), signingKey),
    audit: options.audit,
    redact: options.redact,
    changed: refresh,
  }
  const tell = (tenant: string, question: Question, { certified, suspensions }: AutonomyRefresh): void => {
    const place = { tenant, ...placeOf(question) }
    for (const { action, certificate } of certified)
      if (certificate !== null)
        options.log?.('certificate_issued', { ...place, action, certificate: certificate.document['id'] })
    for (const { action, sentence } of suspensions)
      options.log?.('action_suspended', { ...place, action, why: sentence })
  }
  const lookAt = async (tenant: string, at: Date): Promise<void> => {
    const look = async (question: Question): Promise<void> => {
      if (!signal.aborted) tell(tenant, question, await refreshAutonomy(deps, tenant, question, at))
    }
    await eachApart(
      pods.flatMap(pod => [...pod.questions]),
      look,
      signal,
    )
  }
  const schedule = refreshSchedule({
    look: tenant => lookAt(tenant, now()),
    onError,
    byItself: () => options.manner?.().byItself !== false,
  })
  const swapped = async (scope: string): Promise<void> => {
    for (const tenant of scope === '*' ? await db.transaction([], tenantsOf) : [scope]) schedule.soon(tenant)
  }
  const following = followTenants({
    known: active.known,
    refresh: active.refresh,
    onError,
    onSwap: scope => void swapped(scope).catch(onError),
  })
  autonomyMetrics(options)
  const service = autonomy(deps)
  return {
    service,
    routes: { ...autonomyRoutes(service), ...calibrationRoutes(calibration(options)) },
    tasks: [
      {
        name: 'certificates',
        schedule: { cron: '20 * * * *', timeZone: 'UTC' },
        run: (at, stop, eachTenant) =>
          eachTenant(
            async tenant => {
              await lookAt(tenant, at)
              // It leaves off when the process stops: a look that was cut short has seen nothing.
              stop.throwIfAborted()
            },
            undefined,
            looksAtOnce,
          ),
      },
    ],
    listens: {
      'batch.committed'({ items, eventResults }) {
        for (const [i, eventResult] of eventResults.entries())
          if (eventResult.status === 'recorded' && eventResult.outcome !== null && eventResult.outcome.label !== null)
            schedule.labelled(items[i]!.raw.tenant)
      },
      'settings.changed'({ tenant, name }) {
        if (name !== 'attributes') schedule.soon(tenant)
      },
    },
    channels: following.channels,
    missed: following.missed,
    budgets: question => ({ defaults: defaultBudgets(question), read: given => readBudgets(question, given) }),
    async settingSaved(handle, tenant, question, change) {
      if (change.name !== 'attributes') await budgetsChanged(handle, deps, tenant, question, change)
    },
    async [Symbol.asyncDispose]() {
      await schedule[Symbol.asyncDispose]()
      await following[Symbol.asyncDispose]()
    },
  }
}
