import { type Severity, severities } from '@surety/contract'
import { withheld } from './blinded-opinions.ts'
import type { Reader, Tx } from './db.ts'
import { decisions } from './decisions.ts'
import { type ExactTime, exactly } from './exact-time.ts'
import { heldGroups, heldValues, type WantedGroups } from './groups.ts'
import { type Looked, lookedText, type PageOf, pageFrom } from './looked-page.ts'
import { excluded, lineColumns, type RowOf, table } from './table.ts'

/** A case with a life of its own, as a batch leaves it. */
export interface CaseRow {
  readonly tenant: string
  readonly pod: string
  readonly caseId: string
  readonly rule: string
  readonly key: string
  readonly type: string
  readonly subject: string
  readonly severity: Severity
  readonly group: string
  /** With their ranks, the lowest first. */
  readonly groups: readonly (readonly [id: string, rank: number])[]
  readonly firstSeen: Date
  readonly lastSeen: Date
  readonly joinsUntil: Date | null
  readonly clockFrom: Date
  readonly occurrences: number
  readonly asked: readonly string[]
  readonly settled: readonly string[]
  readonly openedAt: Date
  readonly closedAt: Date | null
}

const column = lineColumns<CaseRow>()

/** The one list of a case's columns: the line's insert and every reader of a case follow from it. */
export const cases = table('cases', {
  tenant: column.text('tenant_id', row => row.tenant),
  pod: column.text('pod', row => row.pod),
  caseId: column.text('case_id', row => row.caseId),
  rule: column.text('rule', row => row.rule),
  key: column.text('case_key', row => row.key),
  type: column.text('type', row => row.type),
  subject: column.text('subject', row => row.subject),
  severity: column.int2('severity', row => severities.indexOf(row.severity)),
  group: column.text('group_key', row => row.group),
  groupIds: column.texts('group_keys', row => row.groups.map(([id]) => id)),
  groupRanks: column.int2s('group_ranks', row => row.groups.map(([, rank]) => rank)),
  firstSeen: column.time('first_seen', row => row.firstSeen),
  lastSeen: column.time('last_seen', row => row.lastSeen),
  joinsUntil: column.time('joins_until', row => row.joinsUntil),
  clockFrom: column.time('clock_from', row => row.clockFrom),
  occurrences: column.int4('occurrences', row => row.occurrences),
  asked: column.texts('asked', row => row.asked),
  settled: column.texts('settled', row => row.settled),
  openedAt: column.time('opened_at', row => row.openedAt),
  closedAt: column.time('closed_at', row => row.closedAt),
})

/** What changes of a case that is there. */
export const changedCase = excluded(
  cases.pick('severity', 'lastSeen', 'clockFrom', 'occurrences', 'asked', 'settled', 'closedAt'),
)

const stored = cases.pick(
  'caseId',
  'rule',
  'key',
  'type',
  'subject',
  'severity',
  'group',
  'firstSeen',
  'lastSeen',
  'joinsUntil',
  'clockFrom',
  'occurrences',
  'asked',
  'settled',
  'openedAt',
  'closedAt',
)
type StoredCase = RowOf<typeof stored>
const grouped = cases.pick('groupIds', 'groupRanks')
const named = <Row extends { readonly severity: number }>(
  row: Row,
): Omit<Row, 'severity'> & { readonly severity: Severity } => ({
  ...row,
  severity: severities[row.severity]!,
})

/** An open case of a held group, with the token of its fence: acts that are decided now carry it. */
export interface HeldCaseRow extends Omit<StoredCase, 'severity'> {
  readonly severity: Severity
  readonly groups: CaseRow['groups']
  readonly token: number
}

/** Far more than can be open in one group and be joined at one time. */
const mostOpen = 100_000
/** An open case `c` of a group `held`. */
const open = 'c.tenant_id = $1 and c.pod = $2 and c.group_key = held.group_key and c.closed_at is null'
/** Something between $6 and $7 may have come less than a window away from what it began with. */
const near = 'c.joins_until > $6 and c.first_seen - (c.joins_until - c.first_seen) < $7'

/**
 * Open cases of held groups which what happened from one moment to another may join, and those that are answered. In a statement
 * after the locks of the groups: nobody changes them before the commit.
 */
export async function openCasesOf(
  db: Reader,
  held: WantedGroups,
  [from, to]: readonly [from: Date, to: Date],
  answered: readonly string[],
): Promise<readonly HeldCaseRow[]> {
  const { rows } = await db.query<StoredCase & RowOf<typeof grouped> & { token: number }>({
    name: 'open_cases_of',
    // Each part is one stretch of an index: said as one condition, all that is open was read. The order that is asked for is that of
    // the right one, where others look alike.
    text: `with recursive ${heldGroups}
      select ${stored.columns('c')}, ${grouped.columns('c')}, coalesce(f.token, 0) as token
      from held cross join lateral (
        (select * from cases c where ${open} and c.joins_until is null order by c.joins_until limit ${mostOpen})
        union all
        (select * from cases c where ${open} and ${near} order by c.joins_until limit ${mostOpen})
        union all
        select c.* from unnest($8::text[]) as given(case_id)
          cross join lateral (select * from cases where tenant_id = $1 and case_id = given.case_id limit 1) c
          where ${open} and not (${near})
        offset 0) c
      left join lateral (select token from fences f where f.tenant_id = $1 and f.case_id = c.case_id limit 1) f on true
      order by c.opened_at, c.case_id`,
    values: [...heldValues(held), from, to, answered],
  })
  return rows.map(({ groupIds, groupRanks, ...row }) => ({ ...named(row), groups: ranked({ groupIds, groupRanks }) }))
}

const ranked = ({ groupIds, groupRanks }: RowOf<typeof grouped>): CaseRow['groups'] =>
  groupIds.map((id, n) => [id, groupRanks[n]!] as const)

/** By case the groups that its changes hold, with their ranks; they never change. Cases that are not there are left out. */
export async function groupsOfCases(
  db: Reader,
  tenant: string,
  pod: string,
  caseIds: readonly string[],
): Promise<ReadonlyMap<string, CaseRow['groups']>> {
  const { rows } = await db.query<Pick<StoredCase, 'caseId'> & RowOf<typeof grouped>>({
    name: 'groups_of_cases',
    text: `select c.case_id as "caseId", ${grouped.columns('c')} from unnest($3::text[]) as given(case_id)
      cross join lateral (select * from cases where tenant_id = $1 and case_id = given.case_id limit 1) c where c.pod = $2`,
    values: [tenant, pod, caseIds],
  })
  return new Map(rows.map(row => [row.caseId, ranked(row)]))
}

/**
 * Holds the groups of these cases until the commit, rank by rank: before their fences, because the line holds groups as it
 * changes them. Cases that are their events have none.
 */
export async function holdGroupsOf(db: Tx, tenant: string, caseIds: readonly string[]): Promise<void> {
  await db.query({
    name: 'hold_groups_of_cases',
    text: `select from (
        select distinct c.pod, g.rank, g.id collate "C" as id from unnest($2::text[]) as given(case_id)
        cross join lateral (select * from cases where tenant_id = $1 and case_id = given.case_id limit 1) c
        cross join unnest(c.group_keys, c.group_ranks) as g(id, rank)
        order by c.pod, g.rank, id offset 0
      ) wanted cross join lateral (
        select from groups g where g.tenant_id = $1 and g.pod = wanted.pod and g.group_key = wanted.id for no key update
      ) locked`,
    values: [tenant, caseIds],
  })
}

/** What is shown of a case. */
export interface CaseShown extends Omit<StoredCase, 'severity'> {
  readonly severity: Severity
  /** The moment of its opening, for the place in the list. */
  readonly exactly: ExactTime
}

/** null: of all. */
export interface CasesFilter {
  readonly open: boolean | null
  /** What holds it: `site:S1`. */
  readonly group: string | null
  readonly subject: string | null
  /** One that is to be judged unseen is of none: how bad it is may follow from what the machine thinks. */
  readonly severity: Severity | null
}

export interface CasesAsk extends CasesFilter {
  readonly tenant: string
  readonly pod: string
  readonly after: { readonly openedAt: ExactTime; readonly caseId: string } | null
  readonly limit: number
}

/**
 * Cases of a tenant and pod, the last opened first. What is asked for first in this order finds them, each by an index of its own: the
 * group (and that it is open), the subject, that it is open, the severity. What is asked for beside it is looked for among them.
 */
export async function pageOfCases(db: Reader, ask: CasesAsk): Promise<PageOf<CaseShown>> {
  const { tenant, pod, open, group, subject, severity, after, limit } = ask
  const values: unknown[] = [tenant, pod, limit + 1]
  const value = (one: unknown): string => `$${values.push(one)}`
  const stretch = ['c.tenant_id = $1 and c.pod = $2']
  const fits: string[] = []
  if (group !== null) stretch.push(`c.group_key = ${value(group)}`)
  // Said in words too, because the index leaves them out.
  if (subject !== null) (group === null ? stretch : fits).push(`c.subject = ${value(subject)} and c.subject <> ''`)
  if (open === true) (group === null && subject !== null ? fits : stretch).push('c.closed_at is null')
  if (severity !== null) {
    const found = group === null && subject === null && open !== true
    ;(found ? stretch : fits).push(`c.severity = ${value(severities.indexOf(severity))}`)
    fits.push(`not ${withheld('$2', 'c.case_id')}`)
  }
  if (open === false) fits.push('c.closed_at is not null')
  if (after !== null) {
    const at = `${value(after.openedAt)}::timestamptz`
    stretch.push(`c.opened_at <= ${at} and (c.opened_at, c.case_id) < (${at}, ${value(after.caseId)}::text)`)
  }
  const names = Object.entries({ group, subject, severity, after }).flatMap(([name, one]) =>
    one === null ? [] : [name],
  )
  const { rows } = await db.query<StoredCase & { exactly: ExactTime } & Looked>({
    name: ['cases', open === null ? 'all' : open ? 'open' : 'closed', ...names].join('_'),
    text: lookedText(
      fits =>
        `select ${stored.columns('c')}, ${exactly('c.opened_at')} as exactly, ${fits} from cases c where ${stretch.join(' and ')}`,
      { fits, order: '"openedAt" desc, "caseId" desc', limit: '$3' },
    ),
    values,
  })
  return pageFrom(rows.map(named), limit)
}

/** null: there is no such case in these pods. */
export async function findCase(
  db: Reader,
  tenant: string,
  pods: readonly string[],
  caseId: string,
): Promise<(CaseShown & { readonly pod: string }) | null> {
  const { rows } = await db.query<StoredCase & { exactly: ExactTime; pod: string }>({
    name: 'find_case',
    text: `select c.pod, ${stored.columns('c')}, ${exactly('c.opened_at')} as exactly from cases c
      where c.tenant_id = $1 and c.case_id = $3 and c.pod = any ($2) limit 1`,
    values: [tenant, pods, caseId],
  })
  return rows[0] === undefined ? null : named(rows[0])
}

/** Those of these cases that have a life of their own, in no order. */
export async function casesAmong(
  db: Reader,
  tenant: string,
  cases: readonly Pick<CaseRow, 'pod' | 'caseId'>[],
): Promise<readonly (Omit<StoredCase, 'severity'> & Pick<CaseRow, 'pod' | 'severity'>)[]> {
  const { rows } = await db.query<StoredCase & { pod: string }>({
    name: 'cases_among',
    text: `select of_pod as pod, ${stored.columns('c')}
      from unnest($2::text[], $3::text[]) as given(of_pod, of_case) cross join lateral (
        select * from cases where tenant_id = $1 and pod = of_pod and case_id = of_case limit 1
      ) c`,
    values: [tenant, cases.map(one => one.pod), cases.map(one => one.caseId)],
  })
  return rows.map(named)
}

const happened = decisions.pick(
  'id',
  'eventId',
  'question',
  'questionSubject',
  'occurredAt',
  'recordedAt',
  'state',
  'reason',
  'hung',
)
export type CaseDecision = RowOf<typeof happened>

const opening = happened.pick('eventId', 'recordedAt')

/** The event that opened a case; null: it is not there any more. */
export async function openingOf(
  db: Reader,
  tenant: string,
  pod: string,
  { caseId, openedAt }: Pick<StoredCase, 'caseId' | 'openedAt'>,
): Promise<RowOf<typeof opening> | null> {
  const { rows } = await db.query<RowOf<typeof opening>>({
    name: 'opening_of_case',
    text: `select ${opening.columns()} from decisions
      where tenant_id = $1 and pod = $2 and case_id = $3 and recorded_at = $4 and hung = 'opened' limit 1`,
    values: [tenant, pod, caseId, openedAt],
  })
  return rows[0] ?? null
}

/** What hangs on a case, the newest first. */
export async function decisionsOfCase(
  db: Reader,
  tenant: string,
  pod: string,
  { caseId, openedAt }: Pick<StoredCase, 'caseId' | 'openedAt'>,
  limit: number,
): Promise<readonly CaseDecision[]> {
  const { rows } = await db.query<CaseDecision>({
    name: 'decisions_of_case',
    text: `select ${happened.columns()} from decisions
      where tenant_id = $1 and pod = $2 and case_id = $3 and recorded_at >= $4 and hung is not null
      order by recorded_at desc, decision_id desc limit $5`,
    values: [tenant, pod, caseId, openedAt, limit],
  })
  return rows
}
