import type { InboxOrder } from '@surety/contract'
import type { Reader } from './db.ts'
import { settled } from './inbox-overdue.ts'

/** The place of a case in a list. */
export interface InboxPlace {
  /** Neither unlocks nor is blinded. */
  readonly later: boolean
  readonly urgency: number
  /** As the database writes it: two cases may be due a microsecond apart. */
  readonly dueAt: string
  readonly caseId: string
}

/** An open case on the way through the inbox. */
export interface PassedCase extends InboxPlace {
  readonly pod: string
  /** Somebody has it in hand. */
  readonly leased: boolean
  /** It has no business in the inbox any more and is only not closed yet. */
  readonly over: 'expired' | 'withdrawn' | null
}

export interface Walk {
  readonly tenant: string
  readonly pods: readonly string[]
  readonly order: InboxOrder
  readonly at: Date
  readonly after: InboxPlace | null
  readonly limit: number
}

const orders = {
  urgency: 'urgency, due_at, case_id',
  unlock: 'later, urgency, due_at, case_id',
} as const satisfies { readonly [order in InboxOrder]: string }

/**
 * The next open cases in an order, what is over among them: each pod's cases that unlock and each pod's others are read from
 * where they begin in one index, as many as are wanted and no more. The limit of each branch is what makes it be planned
 * so, also without statistics.
 */
export async function passCases(db: Reader, walk: Walk): Promise<readonly PassedCase[]> {
  const order = orders[walk.order]
  const branches = branchesOf(walk)
  const { rows } = await db.query<PassedCase>({
    name: `inbox_pass_${walk.order}`,
    text: `select i.pod, i.case_id as "caseId", i.later, i.urgency, i.due_at::text as "dueAt", i.leased,
        case when i.leased then null when i.expires_at <= $2 then 'expired' when ${settled} then 'withdrawn' end as over
      from (
        select passed.* from unnest($3::text[], $4::boolean[], $5::int2[], $6::timestamptz[], $7::text[])
          as branch(pod, later, urgency, due_at, case_id)
        cross join lateral (
          select i.pod, i.case_id, branch.later, i.urgency, i.due_at, i.expires_at, i.recorded_at, i.decision_id, i.others,
            coalesce(i.lease_until > $2, false) as leased
          from inbox i where i.tenant_id = $1 and i.pod = branch.pod and (not (i.unlocks or i.blinded)) = branch.later
            and i.state = 'open' and (i.urgency, i.due_at, i.case_id) > (branch.urgency, branch.due_at, branch.case_id)
          order by i.urgency, i.due_at, i.case_id limit $8
        ) passed order by ${order} limit $8
      ) i order by ${order}`,
    values: [
      walk.tenant,
      walk.at,
      branches.map(one => one.pod),
      branches.map(one => one.place.later),
      branches.map(one => one.place.urgency),
      branches.map(one => one.place.dueAt),
      branches.map(one => one.place.caseId),
      walk.limit,
    ],
  })
  return rows
}

/** Where each branch goes on. By `unlock` everything that unlocks comes before everything else. */
function branchesOf({ pods, order, after }: Walk): readonly { readonly pod: string; readonly place: InboxPlace }[] {
  const first = { urgency: -1, dueAt: '-infinity', caseId: '' }
  return pods.flatMap(pod =>
    [false, true].flatMap(later => {
      if (after === null) return [{ pod, place: { ...first, later } }]
      if (order === 'urgency' || later === after.later) return [{ pod, place: { ...after, later } }]
      return later ? [{ pod, place: { ...first, later } }] : []
    }),
  )
}
