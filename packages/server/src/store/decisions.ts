import { type Decision, type Interval, mainAlone, type QuestionKey } from '@surety/contract'
import type { Reader } from './db.ts'
import { newestFormat } from './receipt-record.ts'
import { type LineColumns, lineColumns, nested, type RowOf, type Table, table } from './table.ts'

/** What the json columns of a decision hold, as text. */
export interface DecisionTexts {
  readonly features: string
  readonly enrichment: string
  readonly notes: string | null
  readonly radii: string | null
}

export interface DecisionRow extends Decision {
  readonly latencyUs: number
  readonly texts: DecisionTexts
}

const column = lineColumns<DecisionRow>()

/** The one list of a decision's columns: the line's insert and every reader of a whole decision follow from it. */
export const decisions = table('decisions', {
  tenant: column.text('tenant_id', row => row.tenant),
  id: column.uuid('decision_id', row => row.id),
  pod: column.text('pod', row => row.pod),
  caseId: column.text('case_id', row => row.caseId),
  subject: column.text('subject', row => row.subject),
  eventId: column.text('event_id', row => row.eventId),
  occurredAt: column.time('occurred_at', row => row.occurredAt),
  recordedAt: column.time('recorded_at', row => row.recordedAt),
  schemaHash: column.text('schema_hash', row => row.schemaHash),
  features: column.json<Decision['features']>('features', row => row.texts.features),
  enrichment: column.json<Decision['enrichment']>('enrichment', row => row.texts.enrichment),
  'score.probability': column.float8('probability', row => row.score.probability),
  'score.modelVersion': column.int8('model_version', row => row.score.modelVersion),
  'score.modelDigest': column.text('model_digest', row => row.score.modelDigest),
  'interval.lower': column.float8('lower', row => row.interval.lower),
  'interval.upper': column.float8('upper', row => row.interval.upper),
  'interval.level': column.float8('level', row => row.interval.level),
  'interval.method': column.text('method', row => row.interval.method),
  'interval.calibrationSize': column.int4('calibration_size', row => row.interval.calibrationSize),
  'interval.calibrated': column.float8('calibrated_probability', row => row.interval.calibrated),
  policyVersion: column.int4('policy_version', row => row.policyVersion),
  threshold: column.float8('threshold', row => row.threshold),
  action: column.text('action', row => row.action),
  mode: column.text('mode', row => row.mode),
  gate: column.text('gate', row => row.gate),
  automatic: column.bool('automatic', row => row.automatic),
  propensity: column.float8('propensity', row => row.propensity),
  state: column.text('state', row => row.state),
  reason: column.text('reason', row => row.reason),
  'score.notes': column.json<Decision['score']['notes'] | null>('notes', row => row.texts.notes),
  latencyUs: column.int4('latency_us', row => row.latencyUs),
  'interval.calibrationScore': column.float8('calibration_score', row => row.interval.calibrationScore),
  'interval.calibrator': column.int4('calibrator', row => row.interval.calibrator),
  'interval.labelSet': column.int2('label_set', row => row.interval.labelSet),
  'interval.radii': column.json<Interval['radii']>('residual_radii', row => row.texts.radii),
  certificate: column.uuid('certificate_id', row => row.certificate),
  audited: column.bool('audited', row => row.audited),
  recordFormat: column.int2('record_format', () => newestFormat),
  question: column.text('question', row => row.question),
  questionSubject: column.text('question_subject', row => row.questionSubject),
  actingVersion: column.int8('acting_version', row => row.actingVersion),
  'kappa.act': column.int2('kappa_act', row => row.kappa.act),
  'kappa.clear': column.int2('kappa_clear', row => row.kappa.clear),
  auditCoin: column.float8('audit_coin', row => row.auditCoin),
  predictionsDigest: column.text('predictions_digest', row => row.predictionsDigest),
  findingsDigest: column.text('findings_digest', row => row.findingsDigest),
  hung: column.text('hung', row => row.hung),
})
type StoredDecision = RowOf<typeof decisions>

/** Columns that are left to their defaults in a batch of which no decision says more, and how it is known of one. */
const seldom = {
  question: row => row.question === mainAlone.question,
  questionSubject: row => row.questionSubject === mainAlone.questionSubject,
  predictionsDigest: row => row.predictionsDigest === null,
  findingsDigest: row => row.findingsDigest === null,
  hung: row => row.hung === null,
} satisfies { readonly [P in keyof typeof decisions.of]?: (row: DecisionRow) => boolean }

type Column = keyof typeof decisions.of
const isOften = (property: string): property is Exclude<Column, keyof typeof seldom> => !(property in seldom)
const plainDecisions = decisions.pick(...Object.keys(decisions.of).filter(isOften))
const saysNoMore = Object.values(seldom)

/** What is to be written of these decisions: arrays of nothing but defaults would cost a batch 2 to 3 %. */
export const decisionsToWrite = (rows: readonly DecisionRow[]): Table<LineColumns<DecisionRow>> =>
  rows.every(row => saysNoMore.every(holds => holds(row))) ? plainDecisions : decisions

/** Where an event that was recorded lies. */
export interface RecordedEvent {
  readonly tenant: string
  readonly pod: string
  readonly eventId: string
  readonly recordedAt: Date
}

/** Handed in as arrays: `unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[])`. */
export const recordedEvents = (events: readonly RecordedEvent[]): unknown[] => [
  events.map(({ tenant }) => tenant),
  events.map(({ pod }) => pod),
  events.map(({ recordedAt }) => recordedAt),
  events.map(({ eventId }) => eventId),
]

/** @returns for each event, in their order, those of these rows that are of it, in the order of the rows */
export function byEvent<Row extends RecordedEvent>(
  events: readonly RecordedEvent[],
  rows: readonly Row[],
): readonly (readonly Row[])[] {
  const wordOf = ({ tenant, pod, eventId, recordedAt }: RecordedEvent): string =>
    `${tenant}\n${pod}\n${recordedAt.getTime()}\n${eventId}`
  const found = Map.groupBy(rows, wordOf)
  return events.map(event => found.get(wordOf(event)) ?? [])
}

/**
 * All decisions on these events, in the order in which they were made: a list for each event, empty where they are gone. Events of
 * a batch have one moment, and no index finds a decision by its event: each moment is looked through once.
 */
export async function findDecisionsOf(
  db: Reader,
  events: readonly RecordedEvent[],
): Promise<readonly (readonly Decision[])[]> {
  const { rows } = await db.query<StoredDecision>({
    name: 'find_decisions_of',
    text: `select ${decisions.columns('d')}
      from (select distinct tenant_id, pod, recorded_at
        from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) as given(tenant_id, pod, recorded_at, event_id)) moment
      cross join lateral (select * from decisions d where d.tenant_id = moment.tenant_id and d.pod = moment.pod
        and d.recorded_at = moment.recorded_at and d.event_id = any ($4::text[]) offset 0) d
      order by d.decision_id`,
    values: recordedEvents(events),
  })
  return byEvent(events, rows.map(asDecided))
}

/** One decision record, found by its case and the time it was recorded (so that only one partition is read). */
export async function findDecision(
  db: Reader,
  tenant: string,
  pod: string,
  caseId: string,
  recordedAt: Date,
): Promise<Decision | null> {
  const { rows } = await db.query<StoredDecision>({
    name: 'find_decision',
    text: `select ${decisions.columns()} from decisions
      where tenant_id = $1 and pod = $2 and recorded_at = $3 and case_id = $4`,
    values: [tenant, pod, recordedAt, caseId],
  })
  return rows[0] === undefined ? null : asDecided(rows[0])
}

/** One decision record by its own id, among those of one moment: the id of a decision says when it was recorded. */
export async function findDecisionById(
  db: Reader,
  tenant: string,
  pods: readonly string[],
  decisionId: string,
  recordedAt: Date,
): Promise<Decision | null> {
  const { rows } = await db.query<StoredDecision>({
    name: 'find_decision_by_id',
    text: `select ${decisions.columns()} from decisions
      where tenant_id = $1 and pod = any ($2) and recorded_at = $3 and decision_id = $4 and erased_digest is null`,
    values: [tenant, pods, recordedAt, decisionId],
  })
  return rows[0] === undefined ? null : asDecided(rows[0])
}

/** A field of `Decision` that no column holds is missing here, and the compiler says so. */
function asDecided(row: StoredDecision): Decision {
  const { latencyUs: _latencyUs, recordFormat: _recordFormat, score, interval, ...decision } = nested(row)
  return {
    ...decision,
    score: { ...score, notes: score.notes ?? [] },
    interval: { ...interval, reason: whyNoInterval(interval.method, score.probability) },
  }
}

/** The columns that an interval is read from, for whoever wants no more of a decision. */
export const intervalColumns = decisions.pick(
  'score.probability',
  'interval.lower',
  'interval.upper',
  'interval.level',
  'interval.method',
  'interval.calibrationSize',
  'interval.calibrated',
  'interval.calibrationScore',
  'interval.calibrator',
  'interval.labelSet',
  'interval.radii',
)

export function intervalOf(row: RowOf<typeof intervalColumns>): Interval {
  const { score, interval } = nested(row)
  return { ...interval, reason: whyNoInterval(interval.method, score.probability) }
}

const whyNoInterval = (method: string | null, probability: number | null): string | null =>
  method !== null ? null : probability === null ? 'no_score' : 'no_calibration'

/**
 * Which decisions are those of a question. Of every question but `main` it says so in words: the index that they have leaves `main` out,
 * and a plan that is made for all values may take it only where the statement does too.
 * @param column the question of a decision; @param value what it is to be, as a parameter
 * @returns the condition, and what tells the name of its statement from that of the other
 */
export const ofQuestion = (question: string, column: string, value: string) =>
  question === mainAlone.question
    ? { suffix: '', condition: `${column} = ${value}` }
    : { suffix: '_beside', condition: `${column} = ${value} and ${column} <> '${mainAlone.question}'` }

/**
 * The one decision of a question and case that is evidence, wherever one is chosen or counted: what was decided first. Of those on a
 * case with a life of its own it is of the event that opened it, and of several subjects that opened it together the first
 * by its key. What came beside and after repeats it, and would count one label many times.
 * @param decision the row, as the statement names it
 */
export const isFirst = (decision: string): string => `(${decision}.hung is null or ${decision}.hung = 'opened'
  and (${decision}.question_subject = '' or not exists (select from decisions beside
    where beside.tenant_id = ${decision}.tenant_id and beside.pod = ${decision}.pod and beside.recorded_at = ${decision}.recorded_at
      and beside.case_id = ${decision}.case_id and beside.question = ${decision}.question and beside.hung = 'opened'
      and beside.question_subject < ${decision}.question_subject)))`

const vector = decisions.pick('recordedAt', 'schemaHash', 'features')
export type ScoredVector = RowOf<typeof vector>

/** What the newest decisions with a probability were made from. */
export async function newestScored(
  db: Reader,
  tenant: string,
  { pod, question }: QuestionKey,
  limit: number,
): Promise<readonly ScoredVector[]> {
  const { suffix, condition } = ofQuestion(question, 'question', '$3')
  const { rows } = await db.query<ScoredVector>({
    name: `newest_scored${suffix}`,
    text: `select ${vector.columns()} from decisions
      where tenant_id = $1 and pod = $2 and ${condition} and probability is not null and erased_digest is null order by recorded_at desc, case_id desc limit $4`,
    values: [tenant, pod, question, limit],
  })
  return rows
}

const decidedVector = decisions.pick('schemaHash', 'features', 'score.probability', 'score.modelDigest')
export type DecidedVector = RowOf<typeof decidedVector>

/** What the newest decisions were made from, scored or not, and what the model that served said of it; the newest first. */
export async function newestDecided(
  db: Reader,
  tenant: string,
  { pod, question }: QuestionKey,
  limit: number,
): Promise<readonly DecidedVector[]> {
  const { suffix, condition } = ofQuestion(question, 'question', '$3')
  const { rows } = await db.query<DecidedVector>({
    name: `newest_decided${suffix}`,
    text: `select ${decidedVector.columns()} from decisions
      where tenant_id = $1 and pod = $2 and ${condition} and erased_digest is null order by recorded_at desc, case_id desc limit $4`,
    values: [tenant, pod, question, limit],
  })
  return rows
}
