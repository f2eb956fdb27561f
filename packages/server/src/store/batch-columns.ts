import type {
  ActCountRow,
  ActRow,
  DecisionRow,
  EpochRow,
  EventRow,
  InboxRow,
  KeyRow,
  MessageRow,
  OutcomeRow,
} from './batch-rows.ts'
import { boolArray, bytesArray, numberArray, textArray, timeArray, uuidArray } from './binary-array.ts'

/** One column of a table as the statement of a batch receives it: an array in binary form. */
export interface Column<Row> {
  readonly name: string
  /** Type of the array element as the statement receives it. */
  readonly type: string
  /** What the column is cast to, where no binary form is worth writing. */
  readonly cast?: string
  readonly of: (rows: readonly Row[]) => Buffer
}

const text = <Row>(name: string, of: (row: Row) => string | null, cast?: string): Column<Row> => ({
  name,
  type: 'text',
  ...(cast === undefined ? {} : { cast }),
  of: rows => textArray('text', rows.map(of)),
})
const json = <Row>(name: string, of: (row: Row) => string | null): Column<Row> => ({
  name,
  type: 'json',
  of: rows => textArray('json', rows.map(of)),
})
const number = <Row>(
  name: string,
  type: 'float8' | 'int8' | 'int4' | 'int2',
  of: (row: Row) => number | null,
): Column<Row> => ({ name, type, of: rows => numberArray(type, rows.map(of)) })
const bool = <Row>(name: string, of: (row: Row) => boolean): Column<Row> => ({
  name,
  type: 'bool',
  of: rows => boolArray(rows.map(of)),
})
const uuid = <Row>(name: string, of: (row: Row) => string | null): Column<Row> => ({
  name,
  type: 'uuid',
  of: rows => uuidArray(rows.map(of)),
})
const time = <Row>(name: string, of: (row: Row) => Date): Column<Row> => ({
  name,
  type: 'timestamptz',
  of: rows => timeArray(rows.map(of)),
})
const bytes = <Row>(name: string, of: (row: Row) => Buffer | null): Column<Row> => ({
  name,
  type: 'bytea',
  of: rows => bytesArray(rows.map(of)),
})

export const keyColumns: readonly Column<KeyRow>[] = [
  text('tenant_id', row => row.tenant),
  text('event_id', row => row.eventId),
  text('case_id', row => row.caseId),
  text('kind', row => row.kind),
  bytes('payload_hash', row => row.payloadHash),
  time('recorded_at', row => row.recordedAt),
  uuid('decision_id', row => row.decisionId),
]
export const caseKinds = text<KeyRow>('case_kinds', row => row.caseKinds)

export const eventColumns: readonly Column<EventRow>[] = [
  text('tenant_id', row => row.tenant),
  text('event_id', row => row.eventId),
  text('pod', row => row.pod),
  text('kind', row => row.kind),
  text('case_id', row => row.caseId),
  time('occurred_at', row => row.occurredAt),
  time('recorded_at', row => row.recordedAt),
  json('payload', row => row.payload),
  json('pii', row => row.pii),
  bytes('sealed', row => row.sealed),
  text('search', row => row.search, 'tsvector'),
]

export const decisionColumns: readonly Column<DecisionRow>[] = [
  text('tenant_id', row => row.tenant),
  uuid('decision_id', row => row.id),
  text('pod', row => row.pod),
  text('case_id', row => row.caseId),
  text('subject', row => row.subject),
  text('event_id', row => row.eventId),
  time('occurred_at', row => row.occurredAt),
  time('recorded_at', row => row.recordedAt),
  text('schema_hash', row => row.schemaHash),
  json('features', row => row.texts.features),
  json('enrichment', row => row.texts.enrichment),
  number('probability', 'float8', row => row.score.probability),
  number('model_version', 'int8', row => row.score.modelVersion),
  text('model_digest', row => row.score.modelDigest),
  number('lower', 'float8', row => row.interval.lower),
  number('upper', 'float8', row => row.interval.upper),
  number('level', 'float8', row => row.interval.level),
  text('method', row => row.interval.method),
  number('calibration_size', 'int4', row => row.interval.calibrationSize),
  number('calibrated_probability', 'float8', row => row.interval.calibrated),
  number('policy_version', 'int4', row => row.policyVersion),
  number('threshold', 'float8', row => row.threshold),
  text('action', row => row.action),
  text('mode', row => row.mode),
  text('gate', row => row.gate),
  bool('automatic', row => row.automatic),
  number('propensity', 'float8', row => row.propensity),
  text('state', row => row.state),
  text('reason', row => row.reason),
  json('notes', row => row.texts.notes),
  number('latency_us', 'int4', row => row.latencyUs),
  number('calibration_score', 'float8', row => row.interval.calibrationScore),
  number('calibrator', 'int4', row => row.interval.calibrator),
  number('label_set', 'int2', row => row.interval.labelSet),
  json('residual_radii', row => row.texts.radii),
  uuid('certificate_id', row => row.certificate),
  bool('audited', row => row.audited),
]

export const outcomeColumns: readonly Column<OutcomeRow>[] = [
  text('tenant_id', row => row.tenant),
  text('event_id', row => row.eventId),
  text('pod', row => row.pod),
  text('case_id', row => row.caseId),
  text('outcome', row => row.outcome),
  number('label', 'int2', row => row.label),
  text('source', row => row.source),
  text('quality', row => row.quality),
  text('notes', row => row.notes),
  number('time_to_conversion', 'float8', row => row.timeToConversion),
  time('occurred_at', row => row.occurredAt),
  time('recorded_at', row => row.recordedAt),
  // The order in which they were told: the rest of a batch has one time in common.
  { name: 'seq', type: 'int2', of: rows => numberArray('int2', Array.from(rows.keys())) },
]

export const messageColumns: readonly Column<MessageRow>[] = [
  text('tenant_id', row => row.tenant),
  text('event_id', row => row.eventId),
  text('pod', row => row.pod),
  text('case_id', row => row.caseId),
  text('role', row => row.role),
  text('text', row => row.text),
  json('pii', row => row.pii),
  text('channel', row => row.channel),
  time('ts', row => row.ts),
  time('recorded_at', row => row.recordedAt),
  text('search', row => row.search, 'tsvector'),
]

export const actColumns: readonly Column<ActRow>[] = [
  text('tenant_id', row => row.tenant),
  text('event_id', row => row.eventId),
  uuid('decision_id', row => row.decisionId),
  text('pod', row => row.pod),
  text('case_id', row => row.caseId),
  text('action', row => row.action),
  time('recorded_at', row => row.recordedAt),
]

export const inboxColumns: readonly Column<InboxRow>[] = [
  text('tenant_id', row => row.tenant),
  text('event_id', row => row.eventId),
  uuid('decision_id', row => row.decisionId),
  text('pod', row => row.pod),
  text('case_id', row => row.caseId),
  time('recorded_at', row => row.recordedAt),
  text('action', row => row.action),
  number('urgency', 'int2', row => row.urgency),
  time('due_at', row => row.dueAt),
  time('expires_at', row => row.expiresAt),
  bool('unlocks', row => row.unlocks),
  number('probability', 'float8', row => row.probability),
  text('reason', row => row.reason),
  bool('audit', row => row.audit),
  bool('hidden', row => row.hidden),
]

export const epochColumns: readonly Column<EpochRow>[] = [
  text('tenant_id', row => row.tenant),
  text('pod', row => row.pod),
  number('epoch', 'int8', row => row.epoch),
]

export const countColumns: readonly Column<ActCountRow>[] = [
  text('tenant_id', row => row.tenant),
  text('pod', row => row.pod),
  text('action', row => row.action),
  time('hour', row => row.hour),
  number('acts', 'int4', row => row.acts),
]
