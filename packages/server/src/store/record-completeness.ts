import type { Reader } from './db.ts'
import { isFirst, ofQuestion } from './decisions.ts'
import type { KeptRecord } from './records.ts'

const sampledDecisions = 5000

/** Decisions of one cut, and those of them with a label that counts. */
export interface SampledCut {
  /** 0 to 63: the strictest that held them. */
  readonly kappa: number
  /** Their audit coin lies below the record's smallest rate. */
  readonly drawn: boolean
  readonly decisions: number
  readonly labelled: number
}

/**
 * How many of the newest mature decisions that a record could count have a label, per cut: over 5,000 of them, each a look-up
 * by key, so that it costs the same however long the record has gone on. Those of before records have their cut in their row.
 * What was mature once stays so: where many are never answered, cases seem to need longer, and the rows that were counted would be
 * held against decisions of before them.
 */
export async function sampleCuts(
  db: Reader,
  { tenant, pod, question, side, rowsFrom, drawn, countedTo }: KeptRecord,
  matureUntil: Date,
): Promise<readonly SampledCut[]> {
  const { suffix, condition } = ofQuestion(question, 'question', '$3')
  const kappa = side === 'act' ? 'kappa_act' : 'kappa_clear'
  const { rows } = await db.query<SampledCut>({
    name: `record_completeness_${side}${suffix}`,
    text: `select coalesce(d.${kappa}, r.${kappa}) as kappa, coalesce(d.audit_coin < $6, false) as drawn, count(*) as decisions,
        count(r.label) as labelled
      from (select case_id, audit_coin, ${kappa} from decisions where tenant_id = $1 and pod = $2 and ${condition}
          and recorded_at >= $4 and recorded_at <= greatest($5::timestamptz, $7::timestamptz) and model_digest is not null and ${isFirst('decisions')}
        order by recorded_at desc limit ${sampledDecisions}) d
      left join lateral (
        select r.label, r.${kappa} from record_rows r where r.tenant_id = $1 and r.pod = $2 and r.question = $3
          and r.case_id between d.case_id and d.case_id order by r.case_id limit 1) r on true
      where coalesce(d.${kappa}, r.${kappa}) >= 0
      group by 1, 2 order by 1, 2`,
    values: [tenant, pod, question, rowsFrom, matureUntil, drawn.rate, countedTo ?? null],
  })
  return rows
}
