import type { Action } from '@surety/contract'
import type { Reader } from './db.ts'
import { isFirst, ofQuestion } from './decisions.ts'
import type { KeptRecord } from './records.ts'

const sampledDecisions = 5000

/** Which records of a question are sampled: each counts the decisions of its side since `rowsFrom`. */
export type SampledRecord = Pick<
  KeptRecord,
  'tenant' | 'pod' | 'question' | 'side' | 'rowsFrom' | 'drawn' | 'countedTo'
>

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
 * held against decisions of before them. Both sides of a question mostly begin and ripen together, and then the same decisions are looked
 * up once.
 * @param records of one question, at most one of each side
 * @returns in the order of the records
 */
export async function sampleRecords(
  db: Reader,
  records: readonly SampledRecord[],
  matureUntil: Date,
): Promise<readonly (readonly SampledCut[])[]> {
  const spanOf = ({ rowsFrom, countedTo }: SampledRecord): Span => {
    return { from: rowsFrom, until: new Date(Math.max(matureUntil.getTime(), countedTo?.getTime() ?? 0)) }
  }
  const samples = new Map<SampledRecord, readonly SampledCut[]>()
  const bySpan = Map.groupBy(records, one => `${spanOf(one).from.getTime()} ${spanOf(one).until.getTime()}`)
  for (const own of bySpan.values()) {
    const found = await sampleSides(db, own, spanOf(own[0]!))
    for (const record of own)
      samples.set(
        record,
        found.filter(({ side }) => side === record.side),
      )
  }
  return records.map(record => samples.get(record)!)
}

interface Span {
  readonly from: Date
  readonly until: Date
}

const sides = ['act', 'clear'] as const

async function sampleSides(
  db: Reader,
  records: readonly SampledRecord[],
  { from, until }: Span,
): Promise<readonly (SampledCut & Pick<KeptRecord, 'side'>)[]> {
  const { tenant, pod, question } = records[0]!
  const { suffix, condition } = ofQuestion(question, 'question', '$3')
  const rates = sides.map(side => records.find(record => record.side === side)?.drawn.rate ?? null)
  const sampled = (side: Action['side'], rate: string): string =>
    `select '${side}' as side, kappa_${side} as kappa, coalesce(audit_coin < ${rate}, false) as drawn, count(*) as decisions, count(label) as labelled
      from sample where kappa_${side} >= 0 and ${rate}::float8 is not null group by 2, 3`
  const { rows } = await db.query<SampledCut & Pick<KeptRecord, 'side'>>({
    name: `record_completeness${suffix}`,
    text: `with sample as materialized (
        select d.audit_coin, r.label, coalesce(d.kappa_act, r.kappa_act) as kappa_act, coalesce(d.kappa_clear, r.kappa_clear) as kappa_clear
        from (select case_id, audit_coin, kappa_act, kappa_clear from decisions where tenant_id = $1 and pod = $2 and ${condition}
            and recorded_at >= $4 and recorded_at <= $5 and model_digest is not null and ${isFirst('decisions')}
          order by recorded_at desc limit ${sampledDecisions}) d
        left join lateral (
          select r.label, r.kappa_act, r.kappa_clear from record_rows r where r.tenant_id = $1 and r.pod = $2 and r.question = $3
            and r.case_id between d.case_id and d.case_id order by r.case_id limit 1) r on true)
      ${sampled('act', '$6')} union all ${sampled('clear', '$7')} order by 1, 2, 3`,
    values: [tenant, pod, question, from, until, ...rates],
  })
  return rows
}
