import type { InboxOrder } from '@surety/contract'
import type { Reader } from './db.ts'
import { leasedAt } from './inbox.ts'
import { settled } from './inbox-overdue.ts'

/** The place of a case in a list. */
export interface InboxPlace {
  /** Neither unlocks nor is blinded: the half of the index where the order by urgency finds it. */
  readonly later: boolean
  /** See `InboxRow`. */
  readonly draw: number
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

/** An order, and the rows of a branch after its place, each as one index has them. */
const orders = {
  urgency: {
    by: 'urgency, due_at, case_id',
    after: `(not (i.unlocks or i.blinded)) = branch.later
            and (i.urgency, i.due_at, i.case_id) > (branch.urgency, branch.due_at, branch.case_id)`,
  },
  unlock: {
    by: 'draw, urgency, due_at, case_id',
    after: '(i.draw, i.urgency, i.due_at, i.case_id) > (branch.draw, branch.urgency, branch.due_at, branch.case_id)',
  },
} as const satisfies { readonly [order in InboxOrder]: object }

/**
 * The next open cases in an order, what is over among them: the cases of each branch are read from where they begin in one index,
 * as many as are wanted and no more. The limit of each branch is what makes it be planned so, also without statistics.
 */
export async function passCases(db: Reader, walk: Walk): Promise<readonly PassedCase[]> {
  const { by, after } = orders[walk.order]
  const branches = branchesOf(walk)
  const { rows } = await db.query<PassedCase>({
    name: `inbox_pass_${walk.order}`,
    text: `select i.pod, i.case_id as "caseId", not (i.unlocks or i.blinded) as later, i.draw, i.urgency, i.due_at::text as "dueAt", i.leased,
        case when i.leased then null when i.expires_at <= $2 then 'expired' when ${settled} then 'withdrawn' end as over
      from (
        select passed.* from unnest($3::text[], $4::boolean[], $5::float8[], $6::int2[], $7::timestamptz[], $8::text[])
          as branch(pod, later, draw, urgency, due_at, case_id)
        cross join lateral (
          select i.pod, i.case_id, i.unlocks, i.blinded, i.draw, i.urgency, i.due_at, i.expires_at, i.recorded_at, i.decision_id, i.others,
            ${leasedAt('$2', 'i.')} as leased
          from inbox i where i.tenant_id = $1 and i.pod = branch.pod and i.state = 'open' and ${after}
          order by ${by
            .split(', ')
            .map(name => `i.${name}`)
            .join(', ')} limit $9
        ) passed order by ${by} limit $9
      ) i order by ${by}`,
    values: [
      walk.tenant,
      walk.at,
      branches.map(one => one.pod),
      branches.map(one => one.place.later),
      branches.map(one => one.place.draw),
      branches.map(one => one.place.urgency),
      branches.map(one => one.place.dueAt),
      branches.map(one => one.place.caseId),
      walk.limit,
    ],
  })
  return rows
}

/** Where each branch goes on: by `urgency` the two halves of the index of each pod, by `unlock` each pod as a whole. */
function branchesOf({ pods, order, after }: Walk): readonly { readonly pod: string; readonly place: InboxPlace }[] {
  const place = after ?? { later: false, draw: -1, urgency: -1, dueAt: '-infinity', caseId: '' }
  return pods.flatMap(pod =>
    (order === 'urgency' ? [false, true] : [false]).map(later => ({ pod, place: { ...place, later } })),
  )
}
