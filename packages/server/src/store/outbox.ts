import { withheld } from './blinded-opinions.ts'
import type { Reader, Tx } from './db.ts'
import { type ExactTime, exactly } from './exact-time.ts'
import { arraysOf, insertText, type RowOf, table, text, time, uuid } from './table.ts'

/** What was sent, or lies ready to be: one row a decision and step. */
export const outbox = table('outbox', {
  caseId: text('case_id'),
  pod: text('pod'),
  step: text('step'),
  channel: text('channel'),
  text: text('text'),
  decisionId: uuid('decision_id'),
  recordedAt: time('recorded_at'),
})
export interface SentMessage extends RowOf<typeof outbox> {
  /** The moment of recording, for the place in the list. */
  readonly exactly: ExactTime
}

export interface OutboxPlace {
  readonly recordedAt: ExactTime
  readonly caseId: string
  readonly step: string
  readonly decisionId: string
}

/**
 * Messages of a tenant, newest first. What was sent about a case whose opinion is withheld shows once a person has
 * answered it: until then it would tell what the machine thinks.
 */
export async function pageOfOutbox(
  db: Reader,
  tenant: string,
  limit: number,
  after: OutboxPlace | null,
): Promise<readonly SentMessage[]> {
  const beyond =
    after === null
      ? ''
      : `and o.recorded_at <= $3::timestamptz
          and (o.recorded_at, o.case_id, o.step, o.decision_id) < ($3::timestamptz, $4::text, $5::text, $6::uuid)`
  const { rows } = await db.query<SentMessage>({
    name: after === null ? 'outbox_first_page' : 'outbox_next_page',
    text: `select ${outbox.columns('o')}, ${exactly('o.recorded_at')} as exactly from outbox o
      where o.tenant_id = $1 ${beyond} and not ${withheld('o.pod', 'o.case_id')}
      order by o.recorded_at desc, o.case_id desc, o.step desc, o.decision_id desc limit $2`,
    values: [tenant, limit, ...(after === null ? [] : [after.recordedAt, after.caseId, after.step, after.decisionId])],
  })
  return rows
}

const ofCase = outbox.pick('step', 'channel', 'text', 'recordedAt')

/** What was put out about one case, oldest first. */
export async function sentAbout(db: Reader, tenant: string, caseId: string): Promise<readonly RowOf<typeof ofCase>[]> {
  const { rows } = await db.query<RowOf<typeof ofCase>>({
    name: 'case_outbox',
    text: `select ${ofCase.columns()} from outbox where tenant_id = $1 and case_id = $2 order by outbox.recorded_at, step`,
    values: [tenant, caseId],
  })
  return rows
}

const sent = table('outbox', { tenant: text('tenant_id'), ...outbox.of })
export type OutboxRow = Omit<RowOf<typeof outbox>, 'recordedAt'>

/** One message per decision and step, however often it is asked for. */
export async function sendToOutbox(db: Tx, tenant: string, at: Date, rows: readonly OutboxRow[]): Promise<void> {
  if (rows.length === 0) return
  await db.query({
    name: 'send_to_outbox',
    text: `${insertText(sent)} on conflict (tenant_id, case_id, decision_id, step) do nothing`,
    values: arraysOf(
      sent,
      rows.map(row => ({ tenant, ...row, recordedAt: at })),
    ),
  })
}
