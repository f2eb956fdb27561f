import type { Interval, JsonObject } from '@surety/contract'
import type { Reader } from './db.ts'
import { decisions, intervalColumns, intervalOf } from './decisions.ts'
import type { InboxRow } from './inbox.ts'
import type { RowOf } from './table.ts'

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
  readonly enrichment: JsonObject
  readonly payload: JsonObject
}

const decided = decisions.pick('id', 'subject', 'action', 'automatic', 'enrichment')

interface Row extends RowOf<typeof decided>, RowOf<typeof intervalColumns> {
  readonly decided_state: string
  readonly decided_reason: string
  readonly state: string
  readonly reason: string
  readonly payload: JsonObject | null
}

/** By decision id; look-ups by key, in the partitions that the decisions lie in. */
export async function factsOf(
  db: Reader,
  tenant: string,
  of: readonly Pick<InboxRow, 'pod' | 'caseId' | 'decisionId' | 'recordedAt'>[],
): Promise<ReadonlyMap<string, CaseFacts>> {
  if (of.length === 0) return new Map()
  const { rows } = await db.query<Row>({
    name: 'inbox_facts',
    text: `select ${decided.columns('d')}, d.state as decided_state, d.reason as decided_reason,
        coalesce(last.state, d.state) as state, coalesce(last.reason, d.reason) as reason, coalesce(e.payload, h.payload) as payload,
        ${intervalColumns.columns('d')}
      from unnest($2::text[], $3::text[], $4::timestamptz[], $5::uuid[]) as given(pod, case_id, recorded_at, decision_id)
      join lateral (select * from decisions d where d.tenant_id = $1 and d.pod = given.pod
        and d.recorded_at = given.recorded_at and d.case_id = given.case_id
        and d.decision_id = given.decision_id limit 1) d on true
      left join lateral (select e.payload from events e where e.tenant_id = $1 and e.pod = given.pod and d.hung is not null
        and e.recorded_at = given.recorded_at and e.case_id is null and e.event_id = d.event_id limit 1) h on true
      left join lateral (select e.payload from events e where e.tenant_id = $1 and e.pod = given.pod and d.hung is null
        and e.recorded_at = given.recorded_at and e.case_id = given.case_id and e.event_id = d.event_id limit 1) e on true
      left join lateral decision_state($1, given.case_id, given.decision_id, given.recorded_at) last on true`,
    values: [
      tenant,
      of.map(one => one.pod),
      of.map(one => one.caseId),
      of.map(one => one.recordedAt),
      of.map(one => one.decisionId),
    ],
  })
  return new Map(
    rows.map(row => [
      row.id,
      {
        subject: row.subject,
        action: row.action,
        probability: row['score.probability'],
        interval: intervalOf(row),
        automatic: row.automatic,
        decided: { state: row.decided_state, reason: row.decided_reason },
        state: row.state,
        reason: row.reason,
        enrichment: row.enrichment,
        payload: row.payload ?? {},
      },
    ]),
  )
}
