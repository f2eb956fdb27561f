import type { QuestionKey } from '@surety/contract'
import type { Reader, Tx } from './db.ts'
import { decisions, isFirst, ofQuestion } from './decisions.ts'
import { type ExactTime, exactly } from './exact-time.ts'
import { holdLabels } from './label-cursors.ts'
import { labelCounts } from './record-rows.ts'
import type { RowOf } from './table.ts'

/**
 * Decisions of before there were records: a model made them, and no cut was kept with them. What is decided today before the first cuts of a
 * version are frozen has none either, and begins no record.
 */
const ofBefore = (
  condition: string,
): string => `d.tenant_id = $1 and d.pod = $2 and ${condition} and d.recorded_at >= $4
  and d.model_digest is not null and d.acting_version is null and ${isFirst('d')}
  and d.recorded_at < (select applied_at from migrations where name = '0045-record')`

const score = decisions.pick('recordedAt', 'score.modelDigest', 'score.probability')
type ScoreBefore = RowOf<typeof score>

/** Their scores, the newest decision first; no label is looked at. @param most decisions that are read */
export async function scoresBefore(
  db: Reader,
  tenant: string,
  { pod, question }: QuestionKey,
  since: Date,
  most: number,
): Promise<readonly ScoreBefore[]> {
  const { suffix, condition } = ofQuestion(question, 'd.question', '$3')
  const { rows } = await db.query<ScoreBefore>({
    name: `decided_before_scores${suffix}`,
    text: `select ${score.columns('d')} from decisions d where ${ofBefore(condition)} order by d.recorded_at desc, d.case_id desc limit $5`,
    values: [tenant, pod, question, since, most],
  })
  return rows
}

const decided = decisions.pick(
  'caseId',
  'recordedAt',
  'score.modelDigest',
  'score.modelVersion',
  'score.probability',
  'interval.lower',
  'interval.upper',
  'threshold',
  'auditCoin',
)

/** One of them with the word that counts for its case by now. */
export interface DecidedBefore extends RowOf<typeof decided> {
  /** null: there is none, or not by a label that counts. */
  readonly label: 0 | 1 | null
  readonly quality: string | null
  readonly sender: string | null
  readonly place: ExactTime
}

/** Where a page of them ended. */
export type BeforeMark = Pick<DecidedBefore, 'place' | 'caseId'>

/**
 * A page of them, the newest first. Labels are held until the transaction ends: what is told meanwhile is taken in once the
 * rows that are made of this page are there.
 */
export async function pageBefore(
  db: Tx,
  tenant: string,
  place: QuestionKey,
  since: Date,
  mark: BeforeMark | null,
  limit: number,
): Promise<readonly DecidedBefore[]> {
  await holdLabels(db, tenant, place)
  const { suffix, condition } = ofQuestion(place.question, 'd.question', '$3')
  const { rows } = await db.query<DecidedBefore>({
    name: `decided_before${suffix}`,
    text: `select ${decided.columns('d')}, ${exactly('d.recorded_at')} as place,
        case when ${labelCounts('o.quality')} then o.label end as label, o.quality, o.sender
      from (select d.* from decisions d where ${ofBefore(condition)} and (d.recorded_at, d.case_id) < ($5::timestamptz, $6)
        order by d.recorded_at desc, d.case_id desc limit $7) d
      left join lateral latest_outcome($1, $2, d.case_id, d.recorded_at, $3) o on true
      order by d.recorded_at desc, d.case_id desc`,
    values: [tenant, place.pod, place.question, since, mark?.place ?? 'infinity', mark?.caseId ?? '', limit],
  })
  return rows
}
