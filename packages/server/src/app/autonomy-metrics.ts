import type { Pod } from '@surety/contract'
import { Gauge, type Registry } from 'prom-client'
import { type ActionFigures, autonomyFigures } from '../manage/autonomy/figures.ts'
import type { Database } from '../store/db.ts'
import { tenantsOf } from '../store/tenants.ts'

export interface AutonomyMetricsDeps {
  readonly db: Database
  readonly registry: Registry
  readonly pods: readonly Pod[]
  readonly now: () => Date
}

/** Gauges by pod and action; all of them exist at 0 from the start, and stay as they were while the database is away. */
export function autonomyMetrics({ db, registry, pods, now }: AutonomyMetricsDeps): void {
  const read = async (): Promise<readonly ActionFigures[]> => {
    const tenants = await db.transaction([], tenantsOf)
    return tenants.length === 0 ? [] : db.transaction(['*', ...tenants], handle => autonomyFigures(handle, now()))
  }
  let reading: Promise<readonly ActionFigures[]> | null = null
  // All gauges of one scrape share one look.
  const once = (): Promise<readonly ActionFigures[]> =>
    (reading ??= read().finally(() => {
      reading = null
    }))
  const gauge = (name: string, help: string, of: (figures: ActionFigures) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['pod', 'action'],
      registers: [registry],
      async collect() {
        const found = await once().catch(() => null)
        if (found === null) return
        for (const pod of pods)
          for (const { name: action } of [pod.actions.act, pod.actions.clear]) {
            const figures = found.find(one => one.pod === pod.name && one.action === action)
            this.set({ pod: pod.name, action }, figures === undefined ? 0 : of(figures))
          }
      },
    })
  }
  const flag = (count: number): number => (count > 0 ? 1 : 0)
  gauge('autonomy_certified', 'A tenant holds a certificate that counts for the action: 1 or 0.', f =>
    flag(f.certified),
  )
  gauge('autonomy_suspended', 'The tripwire has suspended the action of a tenant: 1 or 0.', f => flag(f.suspended))
  gauge('autonomy_uncertified', 'A tenant acts by the plain rule without a certificate: 1 or 0.', f =>
    flag(f.uncertified),
  )
  gauge('autonomy_evidence', 'Largest evidence of a tripwire as a part of its limit; suspended at 1.', f => f.evidence)
}
