import type { Reader, Tx } from './db.ts'
import { forgetRecentKeys } from './recent-event-keys.ts'
import { lineColumns, type RowOf, table } from './table.ts'

/** One row for each event of the batch: what must be unique for ever. */
export interface KeyRow {
  readonly tenant: string
  readonly eventId: string
  /** null: it belongs to none. */
  readonly caseId: string | null
  readonly kind: string
  readonly payloadHash: Buffer
  readonly recordedAt: Date
  readonly decisionId: string | null
  /**
   * Not null: the case must exist already, opened by an event of one of these kinds (separated by commas), so that an
   * answer of one pod never finds a case of another. null: it needs none.
   */
  readonly caseKinds: string | null
  /** This batch holds an event that would open its case: whether it did is known only as it is written. */
  readonly opensHere?: boolean
  /** Its kind forgets its ids after some days: they lie in `recent_event_keys`, and never open a case. */
  readonly ends?: boolean
  /** The API key that sent what may open a case; null or left out: it came from inside, or opens none. */
  readonly sender?: string | null
}

const column = lineColumns<KeyRow>()

export const eventKeys = table('event_keys', {
  tenant: column.text('tenant_id', row => row.tenant),
  eventId: column.text('event_id', row => row.eventId),
  caseId: column.text('case_id', row => row.caseId),
  kind: column.text('kind', row => row.kind),
  payloadHash: column.bytes('payload_hash', row => row.payloadHash),
  recordedAt: column.time('recorded_at', row => row.recordedAt),
  decisionId: column.uuid('decision_id', row => row.decisionId),
  sender: column.text('sender', row => row.sender ?? null),
})

/** The keys of a batch with what is asked of their cases, as the line's statement is handed them. */
export const givenKeys = table('given_keys', {
  ...eventKeys.of,
  caseKinds: column.text('case_kinds', row => row.caseKinds),
})

/** The same where some ids have an end. */
export const givenKeysWithEnds = table('given_keys', {
  ...givenKeys.of,
  ends: column.bool('ends', row => row.ends === true),
})

export type EventKeyRow = RowOf<typeof eventKeys>

/** What was recorded under event ids before. */
export async function findKeys(
  db: Reader,
  tenants: readonly string[],
  eventIds: readonly string[],
): Promise<readonly EventKeyRow[]> {
  const { rows } = await db.query<EventKeyRow>({
    name: 'find_keys',
    text: `select ${eventKeys.columns('k')}
      from unnest($1::text[], $2::text[]) as given(tenant_id, event_id) join event_keys k using (tenant_id, event_id)`,
    values: [tenants, eventIds],
  })
  return rows
}

/** Takes back keys that this very transaction wrote: as if their events had never come. Both statements leave at once. */
export async function forgetKeys(
  db: Tx,
  tenant: string,
  keys: readonly Pick<KeyRow, 'eventId' | 'ends'>[],
): Promise<void> {
  const idsOf = (ends: boolean): readonly string[] =>
    keys.filter(key => (key.ends === true) === ends).map(key => key.eventId)
  const [lasting, ending] = [idsOf(false), idsOf(true)]
  await Promise.all([
    lasting.length === 0 ? null : forgetLastingKeys(db, tenant, lasting),
    ending.length === 0 ? null : forgetRecentKeys(db, tenant, ending),
  ])
}

const forgetLastingKeys = async (db: Tx, tenant: string, eventIds: readonly string[]): Promise<void> =>
  void (await db.query({
    name: 'forget_keys',
    text: 'delete from event_keys where tenant_id = $1 and event_id = any ($2)',
    values: [tenant, eventIds],
  }))

const opening = eventKeys.pick('tenant', 'caseId', 'eventId')
/** Found by its case, so that it has one. */
export type Opening = RowOf<typeof opening> & { readonly caseId: string }

/** The events that opened these cases; a case that nobody opened is left out. */
export async function findOpenings(
  db: Reader,
  tenants: readonly string[],
  caseIds: readonly string[],
): Promise<readonly Opening[]> {
  const { rows } = await db.query<Opening>({
    name: 'find_openings',
    text: `select ${opening.columns('k')} from unnest($1::text[], $2::text[]) as given(tenant_id, case_id)
      join event_keys k using (tenant_id, case_id) where k.decision_id is not null`,
    values: [tenants, caseIds],
  })
  return rows
}

/** Was a decision of that id ever recorded? Keys outlive their rows. */
export async function decisionWasKnown(db: Reader, tenant: string, id: string): Promise<boolean> {
  const { rows } = await db.query({
    text: 'select 1 from event_keys where tenant_id = $1 and decision_id = $2 limit 1',
    values: [tenant, id],
  })
  return rows.length > 0
}
