import type { Action, QuestionKey } from '@surety/contract'
import type { Reader } from './db.ts'
import { ofQuestion } from './decisions.ts'

const newest = 2000

/** Of the newest 2,000 decisions of a question those that a version decided, and how many of them a cut held. */
export interface CoveredDecisions {
  readonly decisions: number
  readonly inside: number
}

/**
 * Counted by the cut that was kept with each decision: score, operator's threshold and further conditions as they were when it was
 * made.
 * @param version number of the version that was acted on; @param cut 0 to 63
 */
export async function coveredDecisions(
  db: Reader,
  { tenant, pod, question }: QuestionKey & { readonly tenant: string },
  side: Action['side'],
  version: number,
  cut: number,
): Promise<CoveredDecisions> {
  const { suffix, condition } = ofQuestion(question, 'question', '$3')
  const kappa = side === 'act' ? 'kappa_act' : 'kappa_clear'
  const { rows } = await db.query<CoveredDecisions>({
    name: `covered_decisions_${side}${suffix}`,
    text: `select count(*) as decisions, count(*) filter (where kappa >= $5) as inside
      from (select acting_version, ${kappa} as kappa from decisions where tenant_id = $1 and pod = $2 and ${condition}
        order by recorded_at desc limit ${newest}) newest
      where acting_version = $4 and kappa is not null`,
    values: [tenant, pod, question, version, cut],
  })
  return rows[0]!
}

/**
 * The share of the newest 2,000 decisions that each cut held, whatever version was acted on then.
 * @returns 64 shares in [0, 1], the loosest cut first; with no decision yet, 0
 */
export async function coveredShares(
  db: Reader,
  { tenant, pod, question }: QuestionKey & { readonly tenant: string },
  side: Action['side'],
): Promise<readonly number[]> {
  const { suffix, condition } = ofQuestion(question, 'question', '$3')
  const kappa = side === 'act' ? 'kappa_act' : 'kappa_clear'
  const { rows } = await db.query<{ kappa: number; n: number }>({
    name: `covered_shares_${side}${suffix}`,
    text: `select kappa, count(*)::int as n from (select ${kappa} as kappa from decisions where tenant_id = $1 and pod = $2 and ${condition}
        order by recorded_at desc limit ${newest}) newest
      where kappa is not null group by kappa`,
    values: [tenant, pod, question],
  })
  const all = rows.reduce((sum, { n }) => sum + n, 0)
  return Array.from({ length: 64 }, (_, cut) =>
    all === 0 ? 0 : rows.reduce((sum, row) => sum + (row.kappa >= cut ? row.n : 0), 0) / all,
  )
}
