import type { Reader, Tx } from './db.ts'
import { heldGroups, heldValues, type WantedGroups } from './groups.ts'
import { lineColumns, type RowOf, table } from './table.ts'

/** Something that was done by itself, and is done once only within its window. */
export interface OnceActRow {
  readonly tenant: string
  readonly pod: string
  /** The group that holds it. */
  readonly group: string
  readonly at: Date
  readonly decisionId: string
  readonly question: string
  readonly action: string
  readonly key: string
  /** Empty: it hangs on no case. */
  readonly caseId: string
  readonly recordedAt: Date
  readonly until: Date
}

const column = lineColumns<OnceActRow>()

export const onceActs = table('once_acts', {
  tenant: column.text('tenant_id', row => row.tenant),
  pod: column.text('pod', row => row.pod),
  group: column.text('group_key', row => row.group),
  at: column.time('happened_at', row => row.at),
  decisionId: column.uuid('decision_id', row => row.decisionId),
  question: column.text('question', row => row.question),
  action: column.text('action', row => row.action),
  key: column.text('once_key', row => row.key),
  caseId: column.text('case_id', row => row.caseId),
  recordedAt: column.time('recorded_at', row => row.recordedAt),
  until: column.time('until', row => row.until),
})

const done = onceActs.pick('group', 'at', 'question', 'action', 'key', 'caseId')

/** One that was done, with the outcome that counts for its question by now; null: there is none. */
export interface HeldOnceAct extends RowOf<typeof done> {
  readonly label: 0 | 1 | null
  readonly toldAt: Date | null
}

/** Far more than are done once in one group between two moments. */
const mostDone = 100_000

/** Of held groups what was done between two moments, the ends left out: in a statement after the locks of the groups. */
export async function onceActsOf(
  db: Reader,
  held: WantedGroups,
  [from, to]: readonly [from: Date, to: Date],
): Promise<readonly HeldOnceAct[]> {
  const { rows } = await db.query<HeldOnceAct>({
    name: 'once_acts_of',
    text: `with recursive ${heldGroups}
      select ${done.columns('o')}, told.label, told.occurred_at as "toldAt"
      from held cross join lateral (
        select * from once_acts o where o.tenant_id = $1 and o.pod = $2 and o.group_key = held.group_key
          and o.happened_at > $6 and o.happened_at < $7 order by o.happened_at limit ${mostDone}) o
      left join lateral latest_outcome($1, $2, o.case_id, o.recorded_at, o.question) told on o.case_id <> ''
      order by o.happened_at, o.decision_id`,
    values: [...heldValues(held), from, to],
  })
  return rows
}

/** What was called off before it was done stands in nobody's way. */
export async function takeBackOnce(db: Tx, tenant: string, decisionIds: readonly string[]): Promise<void> {
  if (decisionIds.length === 0) return
  await db.query({
    name: 'take_back_once',
    text: 'delete from once_acts where tenant_id = $1 and decision_id = any ($2::uuid[])',
    values: [tenant, decisionIds],
  })
}

/** What has stood in nobody's way since before a moment goes. @returns how many went */
export async function forgetOnceActs(db: Tx, tenant: string, before: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query({
    name: 'forget_once_acts',
    text: `delete from once_acts where ctid = any (array(
      select ctid from once_acts where tenant_id = $1 and until < $2 order by until limit $3))`,
    values: [tenant, before, limit],
  })
  return rowCount ?? 0
}
