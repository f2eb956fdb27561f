import type { Interval, JsonObject } from '@surety/contract'
import { clockSlack, type Db } from '../../store/db.ts'
import { decisions, intervalColumns, intervalOf } from '../../store/decisions.ts'
import type { RowOf } from '../../store/table.ts'
import type { InboxCase } from './inbox-rows.ts'

/** What was decided about a case, what arrived, and where it stands now. */
export interface CaseFacts {
  readonly subject: string
  readonly action: string
  readonly probability: number | null
  readonly interval: Interval
  readonly automatic: boolean
  readonly decided: { readonly state: string; readonly reason: string }
  /** The newest transition, else the decision. */
  readonly state: string
  readonly reason: string
  readonly payload: JsonObject
}

const decided = decisions.pick('caseId', 'subject', 'action', 'automatic')

interface Row extends RowOf<typeof decided>, RowOf<typeof intervalColumns> {
  readonly decided_state: string
  readonly decided_reason: string
  readonly state: string
  readonly reason: string
  readonly payload: JsonObject | null
}

/** By case id; look-ups by key, in the partitions that the cases lie in. */
export async function factsOf(
  db: Db,
  tenant: string,
  cases: readonly Pick<InboxCase, 'pod' | 'caseId' | 'recordedAt'>[],
): Promise<ReadonlyMap<string, CaseFacts>> {
  if (cases.length === 0) return new Map()
  const { rows } = await db.query<Row>({
    name: 'inbox_facts',
    text: `select ${decided.columns('d')}, d.state as decided_state, d.reason as decided_reason,
        coalesce(last.to_state, d.state) as state, coalesce(last.reason, d.reason) as reason, e.payload,
        ${intervalColumns.columns('d')}
      from unnest($2::text[], $3::text[], $4::timestamptz[]) as given(pod, case_id, recorded_at)
      join lateral (select * from decisions d where d.tenant_id = $1 and d.pod = given.pod
        and d.recorded_at = given.recorded_at and d.case_id = given.case_id limit 1) d on true
      left join lateral (select e.payload from events e where e.tenant_id = $1 and e.pod = given.pod
        and e.recorded_at = given.recorded_at and e.case_id = given.case_id and e.event_id = d.event_id limit 1) e on true
      left join lateral (select t.to_state, t.reason from transitions t where t.tenant_id = $1
        and t.case_id = given.case_id and t.recorded_at >= given.recorded_at - ${clockSlack}
        order by t.recorded_at desc limit 1) last on true`,
    values: [tenant, cases.map(one => one.pod), cases.map(one => one.caseId), cases.map(one => one.recordedAt)],
  })
  return new Map(
    rows.map(row => [
      row.caseId,
      {
        subject: row.subject,
        action: row.action,
        probability: row['score.probability'],
        interval: intervalOf(row),
        automatic: row.automatic,
        decided: { state: row.decided_state, reason: row.decided_reason },
        state: row.state,
        reason: row.reason,
        payload: row.payload ?? {},
      },
    ]),
  )
}

/** How the answer that is to be taken back moved the case: from where, and why it stood there. null: it moved nothing. */
export async function moveSince(
  db: Db,
  tenant: string,
  caseId: string,
  recordedAt: Date,
  since: Date,
): Promise<{ readonly from: string; readonly reason: string | null } | null> {
  const { rows } = await db.query<{ from_state: string; before: string | null }>({
    name: 'inbox_move_since',
    text: `select from_state, before from (select recorded_at, from_state, lag(reason) over (order by recorded_at) as before
        from transitions where tenant_id = $1 and case_id = $2 and recorded_at >= $3::timestamptz - ${clockSlack}) moves
      where recorded_at >= $4 order by recorded_at limit 1`,
    values: [tenant, caseId, recordedAt, since],
  })
  const row = rows[0]
  return row === undefined ? null : { from: row.from_state, reason: row.before }
}
