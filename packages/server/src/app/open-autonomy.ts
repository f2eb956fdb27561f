import type { Fate, JsonObject, Pod } from '@surety/contract'
import type { Registry } from 'prom-client'
import type { Config } from '../config/config.ts'
import { type AutonomyServiceDeps, autonomy } from '../manage/autonomy/autonomy.ts'
import { budgetsChanged, defaultBudgets, readBudgets } from '../manage/autonomy/budget-setting.ts'
import { refreshAutonomy } from '../manage/autonomy/refresh.ts'
import type { SettingChange } from '../manage/settings/settings.ts'
import { readSigningKey, readTrustedKeys, trust } from '../model/signature.ts'
import type { Arrived, Decided } from '../pipeline/item.ts'
import type { Listen } from '../runtime/listen.ts'
import type { StandingFigures } from '../runtime/standing-figures.ts'
import type { Task } from '../runtime/task.ts'
import type { Audit } from '../store/audit.ts'
import type { Database, Db } from '../store/db.ts'
import { tenantsOf } from '../store/tenants.ts'
import type { Active } from './active.ts'
import { autonomyMetrics } from './autonomy-metrics.ts'
import { followTenants } from './follow-tenants.ts'
import { refreshSchedule } from './refresh-schedule.ts'

export interface OpenAutonomyOptions {
  readonly db: Database
  readonly listen: Listen
  readonly active: Active
  /** Each with the floor of the configuration as its threshold. */
  readonly pods: readonly Pod[]
  readonly config: Pick<Config, 'modelTrustedKeys'>
  readonly secrets: { readonly modelSigningKey: string }
  readonly now: () => Date
  readonly audit: Audit
  readonly redact: (tenant: string, text: string) => Promise<string>
  readonly registry: Registry
  readonly figures: StandingFigures
  readonly onError: (error: unknown, task?: string) => void
  readonly signal: AbortSignal
}

/** How far the machine may go: what the door asks, what follows the evidence, and what follows other processes. */
export interface OpenAutonomy extends AsyncDisposable {
  readonly service: ReturnType<typeof autonomy>
  readonly task: Task
  /** Counts labels that arrived here: enough of them are looked at within a minute. */
  observe(items: readonly (Arrived | Decided)[], fates: readonly Fate[]): void
  /** A question was changed: it is asked as soon as the looks before it are done, not at the next full hour. */
  askSoon(tenant: string): void
  /** For the slice `settings`: what budgets of this pod may be. */
  budgets(pod: Pod): {
    readonly defaults: JsonObject
    read(given: JsonObject): ReturnType<typeof readBudgets>
  }
  /** Inside the transaction that saves a setting of this pod. */
  settingSaved(db: Db, tenant: string, pod: Pod, change: SettingChange): Promise<void>
}

export async function openAutonomy(options: OpenAutonomyOptions): Promise<OpenAutonomy> {
  const { db, active, pods, now, onError, signal } = options
  const signingKey = readSigningKey(options.secrets.modelSigningKey)
  const refresh = async (tenant: string): Promise<void> => {
    if (active.known().includes(tenant)) await active.refresh(tenant)
  }
  const deps: AutonomyServiceDeps = {
    db,
    now,
    pods,
    signingKey,
    trusted: trust(readTrustedKeys(options.config.modelTrustedKeys), signingKey),
    audit: options.audit,
    redact: options.redact,
    changed: refresh,
    askSoon: tenant => schedule.soon(tenant),
  }
  const lookAt = async (tenant: string, at: Date): Promise<void> => {
    for (const pod of pods) {
      if (signal.aborted) return
      await refreshAutonomy(deps, tenant, pod, at)
    }
  }
  const schedule = refreshSchedule({ look: tenant => lookAt(tenant, now()), onError })
  const swapped = async (scope: string): Promise<void> => {
    for (const tenant of scope === '*' ? await db.transaction([], tenantsOf) : [scope]) schedule.soon(tenant)
  }
  const following = await followTenants({
    listen: options.listen,
    known: active.known,
    refresh: active.refresh,
    onError,
    onSwap: scope => void swapped(scope).catch(onError),
  })
  autonomyMetrics({ db, registry: options.registry, figures: options.figures, pods, now })
  return {
    service: autonomy(deps),
    task: {
      name: 'certificates',
      schedule: { cron: '20 * * * *', timeZone: 'UTC' },
      run: (at, stop, eachTenant) =>
        eachTenant(async tenant => {
          await lookAt(tenant, at)
          // It leaves off when the process stops: a look that was cut short has seen nothing.
          stop.throwIfAborted()
        }),
    },
    observe(items, fates) {
      for (const [i, fate] of fates.entries())
        if (fate.status === 'recorded' && fate.outcome !== null && fate.outcome.label !== null)
          schedule.labelled(items[i]!.raw.tenant)
    },
    askSoon: schedule.soon,
    budgets: pod => ({ defaults: defaultBudgets(pod), read: given => readBudgets(pod, given) }),
    async settingSaved(handle, tenant, pod, change) {
      if (change.name !== 'attributes') await budgetsChanged(handle, tenant, pod, change)
    },
    async [Symbol.asyncDispose]() {
      await schedule[Symbol.asyncDispose]()
      await following[Symbol.asyncDispose]()
    },
  }
}
