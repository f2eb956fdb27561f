import type { Action, QuestionKey } from '@surety/contract'
import type { Reader } from './db.ts'
import { ofQuestion } from './decisions.ts'

const newest = 2000
const cuts = 64

/** Of some of the newest decisions: those for which a cut was kept, and how many of them each cut held, the loosest first. */
export interface CoveredDecisions {
  readonly decisions: number
  readonly inside: readonly number[]
}

/** What the cuts of each side held of the newest decisions of a question. */
export interface Covered {
  /** Whatever version was acted on. */
  of(side: Action['side']): CoveredDecisions
  /** Of those alone that this version decided. */
  ofVersion(side: Action['side'], version: number): CoveredDecisions
}

interface CoveredRow {
  readonly version: number | null
  readonly act: number | null
  readonly clear: number | null
  readonly n: number
}

/**
 * What share is settled, wherever one is told: of the newest 2,000 decisions of a question those at or beyond the threshold and the
 * operator's own threshold, which meet what else the action asks. Counted by the cut that was kept with each decision, so by
 * threshold and conditions as they were when it was made. Of both sides at once: it costs the same however long the history is.
 */
export async function coveredDecisions(
  db: Reader,
  { tenant, pod, question }: QuestionKey & { readonly tenant: string },
): Promise<Covered> {
  const { suffix, condition } = ofQuestion(question, 'question', '$3')
  const { rows } = await db.query<CoveredRow>({
    name: `covered_decisions${suffix}`,
    text: `select acting_version as version, kappa_act as act, kappa_clear as clear, count(*) as n
      from (select acting_version, kappa_act, kappa_clear from decisions where tenant_id = $1 and pod = $2 and ${condition}
        order by recorded_at desc limit ${newest}) newest
      group by acting_version, kappa_act, kappa_clear`,
    values: [tenant, pod, question],
  })
  return {
    of: side => countInside(rows, side),
    ofVersion: (side, version) =>
      countInside(
        rows.filter(row => row.version === version),
        side,
      ),
  }
}

function countInside(rows: readonly CoveredRow[], side: Action['side']): CoveredDecisions {
  const inside = Array<number>(cuts).fill(0)
  let decisions = 0
  for (const { [side]: kappa, n } of rows) {
    if (kappa === null) continue
    decisions += n
    for (let cut = 0; cut <= kappa; cut++) inside[cut]! += n
  }
  return { decisions, inside }
}

/** @returns the share that each cut held, in [0, 1], the loosest first; null: there is no decision yet to tell it of */
export const sharesOf = ({ decisions, inside }: CoveredDecisions): readonly number[] | null =>
  decisions === 0 ? null : inside.map(n => n / decisions)
