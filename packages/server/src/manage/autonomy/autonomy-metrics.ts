import { eachSide, placeOf } from '@surety/contract'
import { type GaugeName, gauge } from '../../metrics/register.ts'
import type { Context } from '../../runtime/context.ts'
import { type ActionFigures, autonomyFigures } from '../../store/autonomy-figures.ts'
import { tenantsOf } from '../../store/tenants.ts'

type FiguresContext = Pick<Context, 'db' | 'metrics' | 'figures' | 'pods' | 'now'>

type AutonomyGauge = Extract<GaugeName, `autonomy_${string}`>

/** Gauges by question and action; all of them exist at 0 from the start, and stay as they were while the database is away. */
export function autonomyMetrics({ db, metrics, figures, pods, now }: FiguresContext): void {
  const gauges: ((found: readonly ActionFigures[]) => void)[] = []
  const each = (name: AutonomyGauge, of: (figures: ActionFigures) => number): void => {
    const one = gauge(metrics, name)
    gauges.push(found => {
      for (const question of pods.flatMap(pod => [...pod.questions]))
        for (const { name: action } of eachSide(question.actions)) {
          const place = placeOf(question)
          const known = found.find(f => f.pod === place.pod && f.question === place.question && f.action === action)
          one.set({ ...place, action }, known === undefined ? 0 : of(known))
        }
    })
  }
  const flag = (count: number): number => (count > 0 ? 1 : 0)
  each('autonomy_certified', f => flag(f.certified))
  each('autonomy_suspended', f => flag(f.suspended))
  each('autonomy_uncertified', f => flag(f.uncertified))
  each('autonomy_evidence', f => f.evidence)
  const show = (found: readonly ActionFigures[]): void => {
    for (const set of gauges) set(found)
  }
  show([])
  figures.add(async () => {
    const tenants = await db.transaction([], tenantsOf)
    show(tenants.length === 0 ? [] : await db.transaction(['*', ...tenants], handle => autonomyFigures(handle, now())))
  })
}
