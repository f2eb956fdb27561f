import { type Evaluation, type Evidence, type Severity, severities, type UnknownEvaluation } from '@surety/contract'
import type { Reader } from './db.ts'
import { byEvent, type RecordedEvent, recordedEvents } from './decisions.ts'
import { type ExactTime, exactly } from './exact-time.ts'
import { type Looked, lookedText, type PageOf, pageFrom } from './looked-page.ts'
import { lineColumns, type RowOf, table } from './table.ts'

/** What one rule measured in an event, or why it could not say. */
export interface EvaluationRow {
  readonly tenant: string
  readonly pod: string
  readonly eventId: string
  /** Which of those of its event, from 0. */
  readonly place: number
  readonly recordedAt: Date
  readonly occurredAt: Date
  readonly family: string
  /** The alert that it hangs on; null: none. */
  readonly caseId: string | null
  readonly of: Evaluation | UnknownEvaluation
}

const column = lineColumns<EvaluationRow>()
const said = <Value>(row: EvaluationRow, take: (of: Evaluation) => Value): Value | null =>
  'why' in row.of ? null : take(row.of)

/** Of a rule that went wrong, what did. */
function evidenceText(of: EvaluationRow['of']): string | null {
  if (!('why' in of)) return JSON.stringify(of.evidence)
  return of.reason === undefined ? null : JSON.stringify({ reason: of.reason })
}

export const evaluations = table('evaluations', {
  tenant: column.text('tenant_id', row => row.tenant),
  pod: column.text('pod', row => row.pod),
  eventId: column.text('event_id', row => row.eventId),
  place: column.int2('place', row => row.place),
  code: column.text('code', row => row.of.code),
  about: column.text('about', row => row.of.about),
  recordedAt: column.time('recorded_at', row => row.recordedAt),
  occurredAt: column.time('occurred_at', row => row.occurredAt),
  family: column.text('family', row => row.family),
  severity: column.int2('severity', row => said(row, of => severities.indexOf(of.severity))),
  confidence: column.float8('confidence', row => said(row, of => of.confidence)),
  measured: column.float8('measured', row => said(row, of => of.value)),
  limit: column.float8('cut', row => said(row, of => of.limit)),
  fired: column.bool('fired', row => 'why' in row.of === false && row.of.fired),
  unknown: column.text('unknown', row => ('why' in row.of ? row.of.why : null)),
  evidence: column.json<Evidence | null>('evidence', row => evidenceText(row.of)),
  caseId: column.text('case_id', row => row.caseId),
})

const listed = evaluations.pick(
  'eventId',
  'place',
  'code',
  'about',
  'recordedAt',
  'occurredAt',
  'family',
  'severity',
  'confidence',
  'measured',
  'limit',
  'evidence',
  'caseId',
)

/** One that fired. */
export interface Finding extends Omit<RowOf<typeof listed>, 'severity' | 'confidence' | 'measured' | 'evidence'> {
  readonly severity: Severity
  readonly confidence: number
  readonly measured: number
  readonly evidence: Evidence
  /** The moment of recording, for the place in the list. */
  readonly exactly: ExactTime
}

export interface FindingsPlace {
  readonly recordedAt: ExactTime
  readonly eventId: string
  readonly place: number
}

/** null: of all. */
export interface FindingsFilter {
  /** Of one rule. */
  readonly code: string | null
  /** Of events that held this group: `site:S1`. */
  readonly group: string | null
  readonly about: string | null
  readonly severity: Severity | null
}

export interface FindingsAsk extends FindingsFilter {
  readonly tenant: string
  readonly pod: string
  readonly after: FindingsPlace | null
  readonly limit: number
}

/** Of a group its own stretch of an index, and each finding by its key. */
const ofGroup = `from finding_groups g cross join lateral (select * from evaluations e where e.tenant_id = g.tenant_id and e.pod = g.pod
    and e.recorded_at = g.recorded_at and e.event_id = g.event_id and e.place = g.place limit 1) e`

/**
 * Findings of a tenant and pod, newest first. What is asked for first in this order finds them, each by an index of its own; what is
 * asked for beside it is looked for among them.
 */
export async function pageOfFindings(db: Reader, ask: FindingsAsk): Promise<PageOf<Finding>> {
  const { tenant, pod, group, about, code, severity, after, limit } = ask
  const values: unknown[] = [tenant, pod, limit + 1]
  const value = (one: unknown): string => `$${values.push(one)}`
  const from = group === null ? 'e' : 'g'
  const asked: (readonly [name: string, condition: string])[] = []
  if (group !== null) asked.push(['group', `g.group_key = ${value(group)}`])
  // Said in words too, because the index leaves them out.
  if (about !== null) asked.push(['about', `e.about = ${value(about)} and e.about <> ''`])
  if (code !== null) asked.push(['code', `e.code = ${value(code)}`])
  if (severity !== null) asked.push(['severity', `e.severity = ${value(severities.indexOf(severity))}`])
  const [found, ...beside] = asked.map(([, condition]) => condition)
  const places = `${from}.recorded_at, ${from}.event_id, ${from}.place`
  const ordered = `${from}.recorded_at as at, ${from}.event_id as of_event, ${from}.place as at_place`
  const behind =
    after === null
      ? []
      : [after].map(({ recordedAt, eventId, place }) => {
          const at = `${value(recordedAt)}::timestamptz`
          return `${from}.recorded_at <= ${at} and (${places}) < (${at}, ${value(eventId)}::text, ${value(place)}::smallint)`
        })
  const stretch = [`${from}.tenant_id = $1 and ${from}.pod = $2`, ...(found === undefined ? [] : [found]), ...behind]
  if (group === null) stretch.push('e.fired')
  const source = group === null ? 'from evaluations e' : ofGroup
  const { rows } = await db.query<Omit<Finding, 'severity'> & { severity: number } & Looked>({
    name: `findings${asked.map(([name]) => `_${name}`).join('')}${after === null ? '' : '_after'}`,
    text: lookedText(
      fits => `select ${listed.columns('e')}, ${exactly('e.recorded_at')} as exactly, ${ordered}, ${fits}
          ${source} where ${stretch.join(' and ')}`,
      { fits: beside, order: 'at desc, of_event desc, at_place desc', limit: '$3' },
    ),
    values,
  })
  return pageFrom(
    rows.map(row => ({ ...row, severity: severities[row.severity]! })),
    limit,
  )
}

const measured = evaluations.pick(
  'tenant',
  'pod',
  'eventId',
  'recordedAt',
  'code',
  'family',
  'about',
  'severity',
  'confidence',
  'measured',
  'limit',
  'evidence',
)

/** What was found in these events, in the order of the rules: a list for each event, empty where nothing was, or it is gone. */
export async function findingsOf(
  db: Reader,
  events: readonly RecordedEvent[],
): Promise<readonly (readonly Evaluation[])[]> {
  const { rows } = await db.query<RowOf<typeof measured>>({
    name: 'findings_of_events',
    text: `select ${measured.columns('e')}
      from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) as given(of_tenant, of_pod, at, of_event)
      cross join lateral (select * from evaluations e where e.tenant_id = of_tenant and e.pod = of_pod and e.recorded_at = at
        and e.event_id = of_event and e.fired offset 0) e
      order by e.place`,
    values: recordedEvents(events),
  })
  return byEvent(events, rows).map(found => found.map(asFound))
}

const asFound = ({
  tenant: _tenant,
  pod: _pod,
  eventId: _eventId,
  recordedAt: _recordedAt,
  severity,
  confidence,
  measured: value,
  evidence,
  ...row
}: RowOf<typeof measured>): Evaluation => ({
  ...row,
  severity: severities[severity!]!,
  confidence: confidence!,
  value: value!,
  evidence: evidence!,
  fired: true,
})

/** Findings that are shown with a case, and that are counted of it, at most. */
const [mostShown, mostCounted] = [3, 100]

/** Findings that hang on a case. */
export interface CaseFindings {
  readonly few: readonly (Evaluation & Pick<EvaluationRow, 'eventId'>)[]
  /** At most `mostCounted`. */
  readonly count: number
}

/**
 * A few findings of each of these cases, the newest first, and how many there are; a case without any is left out.
 * @param from the end that is read: `opening` gives those of the event that opened it, as far as it has any
 * @returns by `pod\ncase`
 */
export async function findingsOnCases(
  db: Reader,
  tenant: string,
  cases: readonly { readonly pod: string; readonly caseId: string; readonly openedAt: Date }[],
  from: 'newest' | 'opening',
): Promise<ReadonlyMap<string, CaseFindings>> {
  if (cases.length === 0) return new Map()
  const hanging =
    'from evaluations e where e.tenant_id = $1 and e.pod = of_pod and e.case_id = of_case and e.recorded_at >= opened'
  const way = from === 'newest' ? 'desc' : 'asc'
  const { rows } = await db.query<RowOf<typeof measured> & { ofCase: string; count: number }>({
    name: `findings_on_cases_${from}`,
    text: `select ${measured.columns('e')}, of_case as "ofCase", counted.n as count
      from unnest($2::text[], $3::text[], $4::timestamptz[]) as given(of_pod, of_case, opened)
      cross join lateral (select * ${hanging} order by e.recorded_at ${way}, e.event_id ${way}, e.place ${way} limit ${mostShown}) e
      cross join lateral (select count(*) as n from (select ${hanging} limit ${mostCounted}) counted) counted
      order by e.recorded_at desc, e.event_id desc, e.place desc`,
    values: [tenant, cases.map(one => one.pod), cases.map(one => one.caseId), cases.map(one => one.openedAt)],
  })
  const found = Map.groupBy(rows, ({ pod, ofCase }) => `${pod}\n${ofCase}`)
  return new Map(
    [...found].map(([word, all]) => {
      const shown = from === 'newest' ? all : all.filter(({ eventId }) => eventId === all.at(-1)!.eventId)
      return [word, { few: shown.map(hangingOf), count: all[0]!.count }]
    }),
  )
}

const hangingOf = ({
  ofCase: _ofCase,
  count: _count,
  ...row
}: RowOf<typeof measured> & { ofCase: string; count: number }): CaseFindings['few'][number] => ({
  eventId: row.eventId,
  ...asFound(row),
})
