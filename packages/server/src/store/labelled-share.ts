import type { QuestionKey } from '@surety/contract'
import { isRowOf } from './calibration-rows.ts'
import type { Reader } from './db.ts'
import { isFirst, ofQuestion } from './decisions.ts'
import type { ModelPlace } from './model-scope.ts'

/** How many of the mature decisions of a model have a label that counts. */
export interface LabelledShare {
  readonly decisions: number
  readonly labelled: number
  /** 0..1; 1 where there is no decision. */
  readonly share: number
}

const mostDecisions = 100_000

/**
 * Counted over the newest `mostDecisions` decisions of the model after `since` that are mature; each is one look-up by key.
 * A label that was given in bulk does not count, as its row counts for no certificate.
 * @param of.from `of.below` only decisions at least, and less, probable than this; left out, all
 */
export async function labelledShare(
  db: Reader,
  of: ModelPlace & {
    readonly since: Date
    readonly now: Date
    readonly maturityMs: number
    readonly from?: number
    readonly below?: number
  },
): Promise<LabelledShare> {
  const { suffix, condition } = ofQuestion(of.question, 'question', '$3')
  const { rows } = await db.query<{ decisions: number; labelled: number }>({
    name: `labelled_share${suffix}`,
    text: `select count(*) as decisions, count(c.row_id) as labelled
      from (select case_id from decisions where tenant_id = $1 and pod = $2 and ${condition} and recorded_at > $5 and recorded_at <= $6
          and model_digest = $4 and probability >= $7 and probability < $8 and ${isFirst('decisions')}
        order by recorded_at desc limit ${mostDecisions}) d
      left join lateral (
        select c.row_id from calibration_rows c where ${isRowOf('$4', 'd.case_id')} and c.quality <> 'bulk'
        order by c.row_id limit 1) c on true`,
    values: [
      of.tenant,
      of.pod,
      of.question,
      of.digest,
      of.since,
      new Date(of.now.getTime() - of.maturityMs),
      of.from ?? 0,
      of.below ?? Infinity,
    ],
  })
  return toShare(rows[0]!)
}

const toShare = ({ decisions, labelled }: { decisions: number; labelled: number }): LabelledShare => {
  return { decisions, labelled, share: decisions === 0 ? 1 : labelled / decisions }
}

const sampledDecisions = 5000

/**
 * How many of the decisions of some period have a label that counts, whichever model made them: over the newest 5,000. A
 * model is judged on labelled cases alone, so that how many there were beside them is told by this.
 */
export async function labelledWithin(
  db: Reader,
  of: QuestionKey & { readonly tenant: string; readonly from: Date; readonly until: Date },
): Promise<LabelledShare> {
  const { suffix, condition } = ofQuestion(of.question, 'question', '$3')
  const { rows } = await db.query<{ decisions: number; labelled: number }>({
    name: `labelled_within${suffix}`,
    text: `select count(*) as decisions, count(o.label) filter (where o.quality <> 'bulk') as labelled
      from (select recorded_at, case_id from decisions
        where tenant_id = $1 and pod = $2 and ${condition} and recorded_at >= $4 and recorded_at <= $5
          and ${isFirst('decisions')}
        order by recorded_at desc limit ${sampledDecisions}) d
      left join lateral latest_outcome($1, $2, d.case_id, d.recorded_at, $3) o on true`,
    values: [of.tenant, of.pod, of.question, of.from, of.until],
  })
  return toShare(rows[0]!)
}
