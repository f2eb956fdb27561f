import type { Db } from './db.ts'

export interface SentMessage {
  readonly caseId: string
  readonly pod: string
  readonly step: string
  readonly channel: string
  readonly text: string
  readonly decisionId: string
  readonly recordedAt: Date
}

export interface OutboxPlace {
  readonly recordedAt: Date
  readonly caseId: string
  readonly step: string
}

/**
 * Messages of a tenant, newest first. What was sent about a case whose opinion is withheld shows once a person has
 * answered it: until then it would tell what the machine thinks.
 */
export async function pageOfOutbox(
  db: Db,
  tenant: string,
  limit: number,
  after: OutboxPlace | null,
): Promise<readonly SentMessage[]> {
  const beyond =
    after === null
      ? ''
      : 'and o.recorded_at <= $3 and (o.recorded_at, o.case_id, o.step) < ($3::timestamptz, $4::text, $5::text)'
  const { rows } = await db.query<{
    case_id: string
    pod: string
    step: string
    channel: string
    text: string
    decision_id: string
    recorded_at: Date
  }>({
    name: after === null ? 'outbox_first_page' : 'outbox_next_page',
    text: `select o.case_id, o.pod, o.step, o.channel, o.text, o.decision_id, o.recorded_at from outbox o
      where o.tenant_id = $1 ${beyond} and not exists (select from inbox i where i.tenant_id = $1 and i.pod = o.pod
        and i.case_id = o.case_id and i.state = 'open' and i.hidden)
      order by o.recorded_at desc, o.case_id desc, o.step desc limit $2`,
    values: [tenant, limit, ...(after === null ? [] : [after.recordedAt, after.caseId, after.step])],
  })
  return rows.map(row => ({
    caseId: row.case_id,
    pod: row.pod,
    step: row.step,
    channel: row.channel,
    text: row.text,
    decisionId: row.decision_id,
    recordedAt: row.recorded_at,
  }))
}
