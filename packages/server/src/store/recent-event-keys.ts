import type { Database, Reader, Tx } from './db.ts'
import { makeDays } from './partitions.ts'
import { bytes, type RowOf, table, text, time } from './table.ts'

/** What is remembered of an id with an end: when its event was recorded, and the first bytes of the hash of its payload. */
const recentKeys = table('recent_event_keys', {
  tenant: text('tenant_id'),
  eventId: text('event_id'),
  recordedAt: time('recorded_at'),
  payloadHash: bytes('payload_hash'),
})
export type RecentKeyRow = RowOf<typeof recentKeys>

export async function findRecentKeys(
  db: Reader,
  tenants: readonly string[],
  eventIds: readonly string[],
): Promise<readonly RecentKeyRow[]> {
  const { rows } = await db.query<RecentKeyRow>({
    name: 'find_recent_keys',
    text: `select ${recentKeys.columns()} from unnest($1::text[], $2::text[]) as given(tenant_id, event_id)
      cross join lateral (
        select k.recorded_at, int4send(k.payload_sign) as payload_hash from recent_event_keys k
        where k.tenant_id = given.tenant_id and k.event_digest = event_digest(given.event_id) limit 1) known`,
    values: [tenants, eventIds],
  })
  return rows
}

const writtenNow = '(select day from recent_key_day)'

/**
 * Takes back ids that this transaction wrote: they lie in the day that is written, which it holds to its commit. One look each, as
 * with an array of ids the server reads all keys of the tenant.
 */
export const forgetRecentKeys = async (db: Tx, tenant: string, eventIds: readonly string[]): Promise<void> =>
  void (await db.query({
    name: 'forget_recent_keys',
    text: `delete from recent_event_keys where day = ${writtenNow} and ctid = any (array(
        select (select k.ctid from recent_event_keys k
          where k.day = ${writtenNow} and k.tenant_id = $1 and k.event_digest = event_digest(given.event_id))
        from unnest($2::text[]) as given(event_id)))`,
    values: [tenant, eventIds],
  }))

/** Days that are made before they are written. */
const daysAhead = 2
const dayMs = 86_400_000

/** From here on this day is written, unless a later one is. Waits for the batches that are writing another. */
export async function writeRecentDay(db: Database, at: Date): Promise<void> {
  await makeRecentDays(db, at)
  await db.transaction([], handle => handle.query('select write_recent_day($1)', [dayOf(at)]))
}

export const makeRecentDays = (db: Database, at: Date): Promise<void> =>
  makeDays(db, at, new Date(at.getTime() + daysAhead * dayMs))

/** The first moment of the day that is written; null before the first. */
export async function writtenDay(db: Reader): Promise<Date | null> {
  const { rows } = await db.query<{ day: string }>('select day::text from recent_key_day')
  return rows[0] === undefined ? null : new Date(rows[0].day)
}

const dayOf = (at: Date): string => at.toISOString().slice(0, 10)

/** Remembers which day this process has seen to, so that the hot path asks the database once a day. */
export function recentDayKeeper(write: (at: Date) => Promise<void>): { cover(at: Date): Promise<void> | null } {
  let seenTo: string | null = null
  const before = (day: string): string => dayOf(new Date(Date.parse(day) - dayMs))
  return {
    cover(at) {
      const day = dayOf(at)
      // What was recorded just before midnight is written into the day after.
      if (seenTo !== null && (day === seenTo || day === before(seenTo))) return null
      return write(at).then(() => {
        seenTo = day
      })
    },
  }
}
