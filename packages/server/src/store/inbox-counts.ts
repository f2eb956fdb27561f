import type { Reader } from './db.ts'
import { leasedAt } from './inbox.ts'

export interface CountsRow {
  readonly open: number
  readonly leased: number
  readonly overdue: number
  readonly expiring: number
  readonly oldest: Date | null
  /** There are more open cases than were looked at: what is said of them holds of those that expire first. */
  readonly cut: boolean
  /** As `cut`, and all that were looked at expire within the day. */
  readonly expiringCut: boolean
}

/** So many cases of each pod are looked at: nobody works differently for knowing that it is a million. */
export const mostCounted = 10_000

const dayMs = 86_400_000

/**
 * Of one tenant, what waits at this moment: open and not expired, or in somebody's hands. Those that expire first are looked
 * at, so that the number which presses most, what expires today, is the last to become a bound.
 */
export async function countInbox(db: Reader, tenant: string, pods: readonly string[], at: Date): Promise<CountsRow> {
  const { rows } = await db.query<CountsRow>({
    name: 'inbox_counts',
    text: `with held as materialized (
        select i.recorded_at, i.due_at, i.expires_at from inbox i where i.tenant_id = $1 and i.pod = any ($2) and i.state = 'open'
          and i.lease_holder is not null and ${leasedAt('$3', 'i.')} limit $5
      ), soonest as materialized (
        select counted.* from unnest($2::text[]) as of_pod cross join lateral (
          select count(*) as open, count(*) filter (where due_at < $3) as overdue,
            count(*) filter (where expires_at <= $4) as expiring, min(recorded_at) as oldest
          from (
            select i.recorded_at, i.due_at, i.expires_at from inbox i
            where i.tenant_id = $1 and i.pod = of_pod and i.state = 'open' and i.expires_at > $3
            order by i.expires_at limit $5
          ) soon
        ) counted
      ), kept as (
        select count(*) as open, count(*) filter (where due_at < $3) as overdue, min(recorded_at) as oldest
        from held where expires_at <= $3
      ), waiting as (
        select coalesce(sum(open), 0)::int8 as open, coalesce(sum(overdue), 0)::int8 as overdue,
          coalesce(sum(expiring), 0)::int8 as expiring, min(oldest) as oldest, coalesce(bool_or(open >= $5), false) as cut,
          coalesce(bool_or(expiring >= $5), false) as expiring_cut from soonest
      )
      select w.open + k.open as open, (select count(*) from held) as leased, w.overdue + k.overdue as overdue,
        w.expiring + k.open as expiring, least(w.oldest, k.oldest) as oldest, w.cut, w.expiring_cut as "expiringCut"
      from waiting w, kept k`,
    values: [tenant, pods, at, new Date(at.getTime() + dayMs), mostCounted],
  })
  return rows[0]!
}

/** Of all these tenants, for those who watch the service: of each tenant and pod no more cases are looked at than `mostCounted`. */
export async function countInboxes(
  db: Reader,
  tenants: readonly string[],
  pods: readonly string[],
  at: Date,
): Promise<Pick<CountsRow, 'open' | 'leased' | 'overdue'>> {
  const { rows } = await db.query<{ open: number; leased: number; overdue: number }>({
    name: 'inboxes_counts',
    text: `select coalesce(sum(soonest.open), 0)::int8 as open, coalesce(sum(held.leased), 0)::int8 as leased,
        coalesce(sum(soonest.overdue), 0)::int8 as overdue
      from unnest($1::text[]) as of_tenant cross join unnest($2::text[]) as of_pod
      cross join lateral (
        select count(*) as open, count(*) filter (where due_at < $3) as overdue from (
          select i.due_at from inbox i where i.tenant_id = of_tenant and i.pod = of_pod and i.state = 'open'
          order by i.expires_at limit $4
        ) soon
      ) soonest
      cross join lateral (
        select count(*) as leased from (
          select from inbox i where i.tenant_id = of_tenant and i.pod = of_pod and i.state = 'open'
            and i.lease_holder is not null and ${leasedAt('$3', 'i.')} limit $4
        ) one
      ) held`,
    values: [tenants, pods, at, mostCounted],
  })
  return rows[0]!
}
