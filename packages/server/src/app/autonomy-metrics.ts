import type { Pod } from '@surety/contract'
import { Gauge, type Registry } from 'prom-client'
import { type ActionFigures, autonomyFigures } from '../manage/autonomy/figures.ts'
import type { Database } from '../store/db.ts'
import { tenantsOf } from '../store/tenants.ts'
import type { StandingFigures } from './standing-figures.ts'

export interface AutonomyMetricsDeps {
  readonly db: Database
  readonly registry: Registry
  readonly figures: StandingFigures
  readonly pods: readonly Pod[]
  readonly now: () => Date
}

/** Gauges by pod and action; all of them exist at 0 from the start, and stay as they were while the database is away. */
export function autonomyMetrics({ db, registry, figures, pods, now }: AutonomyMetricsDeps): void {
  const gauges: ((found: readonly ActionFigures[]) => void)[] = []
  const gauge = (name: string, help: string, of: (figures: ActionFigures) => number): void => {
    const one = new Gauge({ name, help, labelNames: ['pod', 'action'], registers: [registry] })
    gauges.push(found => {
      for (const pod of pods)
        for (const { name: action } of [pod.actions.act, pod.actions.clear]) {
          const known = found.find(each => each.pod === pod.name && each.action === action)
          one.set({ pod: pod.name, action }, known === undefined ? 0 : of(known))
        }
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
  const show = (found: readonly ActionFigures[]): void => {
    for (const set of gauges) set(found)
  }
  show([])
  figures.add(async () => {
    const tenants = await db.transaction([], tenantsOf)
    show(tenants.length === 0 ? [] : await db.transaction(['*', ...tenants], handle => autonomyFigures(handle, now())))
  })
}
