import { type CaseHead, earliest } from './case-heads.ts'
import { clockSlack, type Reader } from './db.ts'
import { lineColumns, type RowOf, table } from './table.ts'

export interface MessageRow {
  readonly tenant: string
  readonly eventId: string
  readonly pod: string
  readonly caseId: string
  readonly role: string
  readonly text: string
  /** Json, as text. */
  readonly pii: string | null
  readonly channel: string | null
  readonly ts: Date
  readonly recordedAt: Date
  readonly search: string | null
}

const column = lineColumns<MessageRow>()

export const messages = table('messages', {
  tenant: column.text('tenant_id', row => row.tenant),
  eventId: column.text('event_id', row => row.eventId),
  pod: column.text('pod', row => row.pod),
  caseId: column.text('case_id', row => row.caseId),
  role: column.text('role', row => row.role),
  text: column.text('text', row => row.text),
  pii: column.json<{ readonly [token: string]: string } | null>('pii', row => row.pii),
  channel: column.text('channel', row => row.channel),
  ts: column.time('ts', row => row.ts),
  recordedAt: column.time('recorded_at', row => row.recordedAt),
  search: column.tsvector('search', row => row.search),
})

const said = messages.pick('ts', 'role', 'text', 'pii')

/** One message of a conversation. */
export interface Said extends RowOf<typeof said> {
  readonly pii: { readonly [token: string]: string }
}

/** The newest messages of each of these cases, newest first. */
export async function newestMessages(
  db: Reader,
  tenant: string,
  heads: readonly Pick<CaseHead, 'caseId' | 'recordedAt'>[],
  perCase: number,
): Promise<ReadonlyMap<string, readonly Said[]>> {
  if (heads.length === 0) return new Map()
  const { rows } = await db.query<RowOf<typeof said> & { caseId: string }>({
    name: 'cases_messages',
    text: `select given.case_id as "caseId", ${said.columns('m')} from unnest($2::text[]) as given(case_id)
      cross join lateral (
        select ts, role, text, pii, recorded_at, event_id from messages
        where tenant_id = $1 and case_id = given.case_id and recorded_at >= $3::timestamptz - ${clockSlack}
          and text <> ''
        order by ts desc, recorded_at desc, event_id desc limit $4
      ) m order by given.case_id, m.ts desc, m.recorded_at desc, m.event_id desc`,
    values: [tenant, heads.map(head => head.caseId), earliest(heads.map(head => head.recordedAt)), perCase],
  })
  const byCase = new Map<string, Said[]>(heads.map(head => [head.caseId, []]))
  for (const { caseId, pii, ...message } of rows) byCase.get(caseId)?.push({ ...message, pii: pii ?? {} })
  return byCase
}
