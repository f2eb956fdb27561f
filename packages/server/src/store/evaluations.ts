import { type Evaluation, type Evidence, type Severity, severities, type UnknownEvaluation } from '@surety/contract'
import type { Reader } from './db.ts'
import { byEvent, type RecordedEvent, recordedEvents } from './decisions.ts'
import { type ExactTime, exactly } from './exact-time.ts'
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
})

const found = evaluations.pick(
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
)

/** One that fired. */
export interface Finding extends Omit<RowOf<typeof found>, 'severity' | 'confidence' | 'measured' | 'evidence'> {
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

export interface FindingsAsk {
  readonly tenant: string
  readonly pod: string
  /** Of one rule only; null: of all. */
  readonly code: string | null
  readonly after: FindingsPlace | null
  readonly limit: number
}

/** Findings of a tenant and pod, newest first. */
export async function pageOfFindings(db: Reader, ask: FindingsAsk): Promise<readonly Finding[]> {
  const { tenant, pod, code, after, limit } = ask
  const values: unknown[] = [tenant, pod, limit]
  const conditions = ['e.tenant_id = $1 and e.pod = $2 and e.fired']
  if (code !== null) conditions.push(`e.code = $${values.push(code)}`)
  if (after !== null) {
    const at = values.push(after.recordedAt, after.eventId, after.place) - 2
    conditions.push(`e.recorded_at <= $${at}::timestamptz
      and (e.recorded_at, e.event_id, e.place) < ($${at}::timestamptz, $${at + 1}::text, $${at + 2}::smallint)`)
  }
  const { rows } = await db.query<Omit<Finding, 'severity'> & { severity: number }>({
    name: `findings${code === null ? '' : '_of_code'}${after === null ? '' : '_after'}`,
    text: `select ${found.columns('e')}, ${exactly('e.recorded_at')} as exactly from evaluations e
      where ${conditions.join(' and ')} order by e.recorded_at desc, e.event_id desc, e.place desc limit $3`,
    values,
  })
  return rows.map(row => ({ ...row, severity: severities[row.severity]! }))
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
