import type { Reader, Tx } from './db.ts'
import { arraysOf, int4, int8, names, type RowOf, table, text, unnested } from './table.ts'

/** What one process asks of the day of a key. */
export interface QuotaAsked {
  readonly tenant: string
  readonly keyId: string
  readonly quota: number
  /** Requests that wait: so many at least, where there are as many. */
  readonly waiting: number
  /** So many for those to come, and fewer towards the end of the quota. */
  readonly part: number
  /** Given back of what was handed out on `backDay`. */
  readonly back: number
  readonly backDay: number
}

export interface QuotaHanded {
  readonly day: number
  readonly granted: number
  /** Until the day is over. */
  readonly leftMs: number
}

/** By the clock of the database, which is one for all processes. */
const today = `floor(extract(epoch from now()) / 86400)::int`
/** Who began before midnight and waited for the row may find the next day in it; any other day is none of ours. */
const isCurrent = (day: string): string => `${day} between ${today} and ${today} + 1`
const before = `case when ${isCurrent('kept.day')}
  then greatest(0, kept.used - case when kept.day = $7::int then $6::bigint else 0 end) else 0 end`
const free = (used: string): string => `greatest(0, $3::bigint - ${used})`
const grant = (used: string): string =>
  `least(${free(used)}, greatest($4::bigint, least($5::bigint, (${free(used)} + 3) / 4)))`

/** Takes a part of what is left of the day, or nothing. The row is locked: all processes together never take more than the quota. */
export async function takeOfQuota(db: Tx, asked: QuotaAsked): Promise<QuotaHanded> {
  const { rows } = await db.query<QuotaHanded>({
    name: 'quota_take',
    text: `insert into key_quotas as kept (tenant_id, key_id, day, used, granted)
      values ($1, $2, ${today}, ${grant('0::bigint')}, ${grant('0::bigint')})
      on conflict (tenant_id, key_id) do update set
        day = case when ${isCurrent('kept.day')} then kept.day else excluded.day end,
        used = ${before} + ${grant(before)}, granted = ${grant(before)}
      returning kept.day, kept.granted,
        ((kept.day + 1)::float8 * 86400 - extract(epoch from clock_timestamp())::float8) * 1000 as "leftMs"`,
    values: [asked.tenant, asked.keyId, asked.quota, asked.waiting, asked.part, asked.back, asked.backDay],
  })
  return rows[0]!
}

const unspent = table('key_quotas', {
  tenant: text('tenant_id'),
  keyId: text('key_id'),
  day: int4('day'),
  rest: int8('used'),
})
export type UnspentQuota = RowOf<typeof unspent>

/** Rows are locked in the order of their key, so that two processes never wait for each other in a circle. */
export async function giveBackQuota(db: Tx, rows: readonly UnspentQuota[]): Promise<void> {
  await db.query({
    name: 'quota_back',
    text: `with held as (
      select kept.tenant_id, kept.key_id, given.used as rest
        from key_quotas kept join ${unnested(unspent, 1)} as given(${names(unspent)}) using (tenant_id, key_id, day)
        order by kept.tenant_id, kept.key_id for update of kept)
      update key_quotas kept set used = greatest(0, kept.used - held.rest) from held
        where kept.tenant_id = held.tenant_id and kept.key_id = held.key_id`,
    values: arraysOf(unspent, rows),
  })
}

/** Handed out today, by key; one that nothing was handed out of is left out. */
export async function quotasToday(db: Reader, tenant: string): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.query<{ keyId: string; used: number }>(
    `select key_id as "keyId", used from key_quotas where tenant_id = $1 and ${isCurrent('day')}`,
    [tenant],
  )
  return new Map(rows.map(({ keyId, used }) => [keyId, used]))
}
