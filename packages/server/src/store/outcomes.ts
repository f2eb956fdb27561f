import type { BulkReason, QuestionKey } from '@surety/contract'
import type { Reader } from './db.ts'
import { decisions, isFirst } from './decisions.ts'
import { type ExactTime, exactly } from './exact-time.ts'
import { type LineColumns, lineColumns, type RowOf, type Table, table } from './table.ts'

export interface OutcomeRow {
  readonly tenant: string
  readonly eventId: string
  readonly pod: string
  readonly caseId: string
  readonly outcome: string
  readonly label: 0 | 1 | null
  readonly source: string
  readonly quality: string
  readonly notes: string | null
  readonly timeToConversion: number | null
  readonly occurredAt: Date
  readonly recordedAt: Date
  /** The one question that it speaks of; left out: all of its case. */
  readonly question?: string
  /** Of an answer to an alert: by id the versions of the groups that it held; json, as text. */
  readonly versions?: string
  /** Left out: it came from inside. */
  readonly by?: ToldBy
  /** Its place among what came with it, whatever part of that is written together; left out: that in its batch. */
  readonly place?: number
}

/** Who told an outcome, and what the rules for labels in bulk look at. */
export interface ToldBy {
  /** Id of the API key. */
  readonly key: string
  /** Known before it is written. */
  readonly bulk: BulkReason | null
  /** So many outcomes of the key within a minute count as a person's; null: the rules do not bind it. */
  readonly perMinute: number | null
  /** The key that sent what opens its case, where that is in the same batch. */
  readonly openedHere: string | null
  /** 0: it is counted already, under another question of the same event. */
  readonly counts: 0 | 1
}

const column = lineColumns<OutcomeRow>()

const plainOutcomes = table('outcomes', {
  tenant: column.text('tenant_id', row => row.tenant),
  eventId: column.text('event_id', row => row.eventId),
  pod: column.text('pod', row => row.pod),
  caseId: column.text('case_id', row => row.caseId),
  outcome: column.text('outcome', row => row.outcome),
  label: column.int2('label', row => row.label),
  source: column.text('source', row => row.source),
  quality: column.text('quality', row => row.quality),
  notes: column.text('notes', row => row.notes),
  timeToConversion: column.float8('time_to_conversion', row => row.timeToConversion),
  occurredAt: column.time('occurred_at', row => row.occurredAt),
  recordedAt: column.time('recorded_at', row => row.recordedAt),
  // The order in which they were told: the rest of a batch has one time in common.
  seq: column.int2('seq', (row, place) => row.place ?? place),
})

/** What is written of the same outcomes beside, where keys told them. */
export const senderColumns = {
  sender: column.text('sender', row => row.by?.key ?? null),
  bulk: column.text<BulkReason | null>('bulk', row => row.by?.bulk ?? null),
}
/** What only decides whether they are labels in bulk. */
export const ruleColumns = {
  perMinute: column.int4('per_minute', row => row.by?.perMinute ?? null),
  openedHere: column.text('opened_here', row => row.by?.openedHere ?? null),
  counts: column.int4('counts', row => row.by?.counts ?? 0),
}

const versioned = table('outcomes', {
  ...plainOutcomes.of,
  versions: column.jsonb<{ readonly [group: string]: number } | null>('versions', row => row.versions ?? null),
})

const ofOneQuestion = table('outcomes', {
  ...versioned.of,
  question: column.text('question', row => row.question ?? null),
})

export const outcomes = table('outcomes', { ...ofOneQuestion.of, ...senderColumns })

/** What is to be written of these outcomes: an array of nothing but defaults would cost each batch. */
export const outcomesToWrite = (rows: readonly OutcomeRow[]): Table<LineColumns<OutcomeRow>> =>
  rows.some(row => row.question !== undefined)
    ? ofOneQuestion
    : rows.some(row => row.versions !== undefined)
      ? versioned
      : plainOutcomes

/** Does an outcome say anything of the question: it names it, or none. */
export const speaksOf = (named: string, question: string): string => `(${named} = ${question}) is not false`

const learned = decisions.pick('schemaHash', 'features')
const said = outcomes.pick('label', 'source', 'quality')
type OrNull<Row> = { readonly [K in keyof Row]: Row[K] | null }

/** An outcome that was told, with the one that counts for its case by now and what was known as the case was decided. */
export interface LearnedOutcome extends OrNull<RowOf<typeof learned>>, OrNull<RowOf<typeof said>> {
  readonly eventId: string
  readonly recordedAt: ExactTime
  readonly caseId: string
  /** null, and the schema and features with it: the case's decision is not there (erased). */
  readonly decidedAt: Date | null
  /** When the case happened. */
  readonly happenedAt: Date | null
}

/**
 * Outcomes told after a place, in the order they were recorded. The key table gives the moment of the decision, so that only
 * one partition is looked into for each case. `lateral` with a limit keeps to index probes whatever the planner believes: on
 * tables without statistics plain joins compared every row with every row, and a page took 37 s instead of 0.1.
 * @param back an interval: what was recorded so shortly before the place is read once more
 */
export async function outcomesSince(
  db: Reader,
  tenant: string,
  { pod, question }: QuestionKey,
  place: { readonly recordedAt: ExactTime; readonly eventId: string },
  { limit, back }: { limit: number; back: string | null },
): Promise<readonly LearnedOutcome[]> {
  const { rows } = await db.query<LearnedOutcome>({
    name: 'learn_outcomes',
    text: `with page as (
        select event_id, recorded_at, case_id from outcomes
        where tenant_id = $1 and pod = $2 and ${speaksOf('question', '$3')} and (recorded_at, event_id) > ($4::timestamptz - $7::interval, $5)
        order by recorded_at, event_id limit $6)
      select page.event_id as "eventId", ${exactly('page.recorded_at')} as "recordedAt", page.case_id as "caseId",
        ${said.columns('o')}, d.recorded_at as "decidedAt", d.occurred_at as "happenedAt", ${learned.columns('d')}
      from page
      left join lateral (
        select k.recorded_at from event_keys k
        where k.tenant_id = $1 and k.case_id = page.case_id and k.decision_id is not null limit 1) opening on true
      left join lateral (
        select d.recorded_at, d.occurred_at, d.schema_hash, d.features from decisions d
        where d.tenant_id = $1 and d.pod = $2 and d.question = $3 and d.recorded_at = opening.recorded_at and d.case_id = page.case_id
          and ${isFirst('d')}
        limit 1) d on true
      left join lateral latest_outcome($1, $2, page.case_id, d.recorded_at, $3) o on true
      order by page.recorded_at, page.event_id`,
    values: [tenant, pod, question, place.recordedAt, back === null ? place.eventId : '', limit, back ?? '0'],
  })
  return rows
}

type CasePlace = Pick<OutcomeRow, 'caseId' | 'recordedAt'>

/** The word that counts now for each of these cases, whichever question it speaks of; they were decided at `recordedAt`. */
export async function latestOutcomes(
  db: Reader,
  tenant: string,
  pod: string,
  cases: readonly CasePlace[],
): Promise<ReadonlyMap<string, string>> {
  if (cases.length === 0) return new Map()
  const { rows } = await db.query<Pick<OutcomeRow, 'caseId' | 'outcome'>>({
    name: 'cases_outcomes',
    text: `select given.case_id as "caseId", o.outcome from unnest($3::text[], $4::timestamptz[]) as given(case_id, recorded_at)
      join lateral latest_outcome($1, $2, given.case_id, given.recorded_at, null) o on true`,
    values: [tenant, pod, cases.map(one => one.caseId), cases.map(one => one.recordedAt)],
  })
  return new Map(rows.map(row => [row.caseId, row.outcome]))
}

/** Who told the outcome that counts for each of these cases, by case; left out: nobody's key. They were decided at `recordedAt`. */
export async function labellersOf(
  db: Reader,
  { tenant, pod, question }: QuestionKey & { readonly tenant: string },
  cases: readonly CasePlace[],
): Promise<ReadonlyMap<string, string>> {
  if (cases.length === 0) return new Map()
  const { rows } = await db.query<{ caseId: string; sender: string }>({
    name: 'cases_labellers',
    text: `select given.case_id as "caseId", o.sender from unnest($3::text[], $4::timestamptz[]) as given(case_id, recorded_at)
      join lateral latest_outcome($1, $2, given.case_id, given.recorded_at, $5) o on true where o.sender is not null`,
    values: [tenant, pod, cases.map(one => one.caseId), cases.map(one => one.recordedAt), question],
  })
  return new Map(rows.map(row => [row.caseId, row.sender]))
}

const told = outcomes.pick(
  'question',
  'outcome',
  'label',
  'source',
  'quality',
  'sender',
  'bulk',
  'notes',
  'timeToConversion',
  'occurredAt',
  'recordedAt',
)
export type ToldOutcome = RowOf<typeof told>

/** Every outcome of one case, newest first: the first is the one that counts. */
export async function outcomesOfCase(
  db: Reader,
  tenant: string,
  pod: string,
  { caseId, recordedAt }: CasePlace,
): Promise<readonly ToldOutcome[]> {
  const { rows } = await db.query<ToldOutcome>({
    name: 'case_outcomes',
    text: `select ${told.columns()} from outcomes_of($1, $2, $3, $4, null) order by place`,
    values: [tenant, pod, caseId, recordedAt],
  })
  return rows
}
