import type { QuestionKey } from '@surety/contract'
import type { Reader, Tx } from './db.ts'
import { isFirst, ofQuestion } from './decisions.ts'
import { type ExactTime, exactly } from './exact-time.ts'
import { believed, laterMark } from './marks.ts'
import { speaksOf } from './outcomes.ts'

/** A place in a walk over decisions by case, or over outcomes by event, both in the order of their recording. */
export interface SilencePlace {
  readonly recordedAt: ExactTime
  readonly id: string
}

/** A case on the walk, as it stands now. */
export interface WalkedCase {
  readonly place: SilencePlace
  readonly caseId: string
  /** How often it was touched; 0: never. */
  readonly token: number
  /** When what counts of it was recorded: its newest outcome, or else its decision. null: its decision is not there. */
  readonly since: Date | null
  /** The outcome that counts; null: there is none. */
  readonly toldBy: string | null
  readonly label: 0 | 1 | null
  /** What was last reported of it; null: nothing was. */
  readonly word: string | null
}

export interface SilenceWalk extends QuestionKey {
  readonly after: SilencePlace
  /** Recorded up to then. */
  readonly until: Date
  readonly limit: number
}

/**
 * How each of a page of cases stands: look-ups by key, whatever lies beside them. What is reported stands in place of what silence or
 * its end said, which keep no word of their own.
 */
const standing = `select ${exactly('page.recorded_at')} as at, page.id, page.case_id, coalesce(f.token, 0) as token,
    case when o.event_id is null then page.decided_at else o.recorded_at end as since, o.event_id as told_by, o.label, said.outcome as word
  from page
  left join lateral latest_outcome($1, $2, page.case_id, page.decided_at, $3) o on page.decided_at is not null
  left join lateral (select told.outcome from outcomes_of($1, $2, page.case_id, page.decided_at, $3) told
    where o.label is null and told.source not in ('window', 'reactivated') order by told.place limit 1) said on true
  left join lateral (select f.token from fences f where f.tenant_id = $1 and f.case_id = page.case_id limit 1) f on true
  order by page.recorded_at, page.id`

interface Row {
  readonly at: ExactTime
  readonly id: string
  readonly case_id: string
  readonly token: number
  readonly since: Date | null
  readonly told_by: string | null
  readonly label: 0 | 1 | null
  readonly word: string | null
}

const walked = ({ at, id, case_id: caseId, told_by: toldBy, ...row }: Row): WalkedCase => {
  const { token, since, label, word } = row
  return { place: { recordedAt: at, id }, caseId, token, since, toldBy, label, word }
}

const valuesOf = (tenant: string, { pod, question, after, until, limit }: SilenceWalk): unknown[] => [
  tenant,
  pod,
  question,
  after.recordedAt,
  after.id,
  until,
  limit,
]

/** The next cases by their decisions. The moment alone is compared too: a pair spares no partition. */
export async function walkDecided(db: Reader, tenant: string, walk: SilenceWalk): Promise<readonly WalkedCase[]> {
  const { suffix, condition } = ofQuestion(walk.question, 'd.question', '$3')
  const { rows } = await db.query<Row>({
    name: `silence_decided${suffix}`,
    text: `with page as materialized (
        select d.recorded_at, d.case_id as id, d.case_id, d.recorded_at as decided_at from decisions d
        where d.tenant_id = $1 and d.pod = $2 and ${condition} and d.erased_digest is null and ${isFirst('d')}
          and (d.recorded_at, d.case_id) > ($4::timestamptz, $5) and d.recorded_at >= $4::timestamptz and d.recorded_at <= $6
        order by d.recorded_at, d.case_id limit $7)
      ${standing}`,
    values: valuesOf(tenant, walk),
  })
  return rows.map(walked)
}

/** The next cases by their outcomes; those that settle something are passed by. */
export async function walkTold(db: Reader, tenant: string, walk: SilenceWalk): Promise<readonly WalkedCase[]> {
  const { rows } = await db.query<Row>({
    name: 'silence_told',
    text: `with read as materialized (
        select recorded_at, event_id as id, case_id, label from outcomes
        where tenant_id = $1 and pod = $2 and ${speaksOf('question', '$3')} and (recorded_at, event_id) > ($4::timestamptz, $5)
          and recorded_at >= $4::timestamptz and recorded_at <= $6
        order by recorded_at, event_id limit $7),
      page as materialized (
        select read.recorded_at, read.id, read.case_id, d.recorded_at as decided_at from read
        left join lateral (
          select k.recorded_at from event_keys k
          where read.label is null and k.tenant_id = $1 and k.case_id = read.case_id and k.decision_id is not null limit 1) opening on true
        left join lateral (
          select d.recorded_at from decisions d
          where d.tenant_id = $1 and d.pod = $2 and d.question = $3 and d.recorded_at = opening.recorded_at and d.case_id = read.case_id
            and ${isFirst('d')}
          limit 1) d on true)
      ${standing}`,
    values: valuesOf(tenant, walk),
  })
  return rows.map(walked)
}

/** Up to where a walk has come; null: it has not begun. */
export async function silenceMark(db: Reader, tenant: string, name: string, now: Date): Promise<ExactTime | null> {
  const { rows } = await db.query<{ at: ExactTime }>({
    name: 'silence_mark',
    text: `select ${exactly('done_until')} as at from retention_marks where tenant_id = $1 and name = $2 and ${believed('$3')}`,
    values: [tenant, name, now],
  })
  return rows[0]?.at ?? null
}

export const moveSilenceMark = async (db: Tx, tenant: string, name: string, to: ExactTime, now: Date): Promise<void> =>
  void (await db.query({
    name: 'silence_mark_move',
    text: `insert into retention_marks as kept (tenant_id, name, done_until) values ($1, $2, $3::timestamptz)
      on conflict (tenant_id, name) do update set ${laterMark('$4')}`,
    values: [tenant, name, to, now],
  }))
