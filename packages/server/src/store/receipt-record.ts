import { createHash, hash } from 'node:crypto'
import type { Decision } from '@surety/contract'
import type { Batch } from './batch-rows.ts'
import type { DecisionRow, DecisionTexts } from './decisions.ts'
import type { OutcomeRow } from './outcomes.ts'
import { type ReactivationRow, reactivated } from './reactivations.ts'

/**
 * What the digest of a record is made of: SHA-256 of a JSON array of the name of its format and its stored columns in a fixed
 * order, columns of type json last and as the very text that is stored. It can be made again from the row alone.
 * `docs/receipts.md` states the layout, and `bin/verify-receipt.mjs` reads it without any of this code: change neither
 * without a new number in the name.
 */
export interface RecordFormat {
  readonly name: string
  readonly fields: readonly RecordField[]
}
export type RecordField = readonly [name: string, kind: Kind]
type Kind = 'text' | 'time' | 'json'

function fields(kind: Kind, ...names: readonly string[]): RecordField[] {
  return names.flatMap(line => line.split(' ')).map(name => [name, kind] as const)
}

const plainOfFirst = fields(
  'text',
  'tenant_id decision_id pod case_id subject event_id schema_hash probability model_version model_digest lower upper level',
  'method calibration_size calibrated_probability policy_version threshold action mode gate automatic propensity state reason',
  'latency_us calibration_score calibrator label_set certificate_id audited',
)
const plainOfSecond = fields(
  'text',
  'question question_subject acting_version kappa_act kappa_clear audit_coin predictions_digest findings_digest',
)
const timesAndJson = [
  ...fields('time', 'occurred_at recorded_at'),
  ...fields('json', 'features enrichment notes residual_radii'),
]

/**
 * Formats of a decision, by number. Their columns are what the number stands for, and so lists of their own: a column that
 * `decisions` gets later is in none of them, or receipts that were given out would hold no more.
 */
export const decisionFormats: { readonly 1: RecordFormat; readonly 2: RecordFormat } = {
  1: { name: 'surety.record/1', fields: [...plainOfFirst, ...timesAndJson] },
  2: { name: 'surety.record/2', fields: [...plainOfFirst, ...plainOfSecond, ...timesAndJson] },
}
/** What the line writes. */
export const newestFormat = 2

const outcomeColumns = 'tenant_id event_id pod case_id outcome label source quality time_to_conversion'
const outcomeTimes = fields('time', 'occurred_at recorded_at')

/** Columns of an outcome: all but `notes`, the free text that retention takes away. The second is of one that names its question. */
export const outcomeFormats: { readonly 1: RecordFormat; readonly 2: RecordFormat } = {
  1: { name: 'surety.outcome/1', fields: [...fields('text', outcomeColumns), ...outcomeTimes] },
  2: { name: 'surety.outcome/2', fields: [...fields('text', outcomeColumns, 'question'), ...outcomeTimes] },
}

/** A row as `recordColumns` selects it: json columns as text, times as Date. */
export interface RecordRow {
  readonly [column: string]: string | number | boolean | Date | null
}

/** What to select so that `rowText` can be made. */
export const recordColumns = ({ fields }: RecordFormat): string =>
  fields.map(([name, kind]) => (kind === 'json' ? `${name}::text as ${name}` : name)).join(', ')

/** The same for a decision of any format. */
export const decisionColumns = `record_format, ${recordColumns(decisionFormats[newestFormat])}`

/** What a column of format 2 says in a row of format 1, where another is null. */
const before2: Readonly<Record<string, string>> = { question: 'main', question_subject: '' }

/**
 * The format that a stored decision is of. One of format 1 in which a later column says something was changed by hand, and a
 * number that is unknown is somebody's edit: both get a format whose digest no link holds.
 */
export function formatOf(row: RecordRow): RecordFormat {
  const number = row['record_format']
  if (number === 2) return decisionFormats[2]
  const untouched = plainOfSecond.every(([name]) => (row[name] ?? null) === (before2[name] ?? null))
  if (number === 1 && untouched) return decisionFormats[1]
  return { name: `surety.record/${number}`, fields: decisionFormats[newestFormat].fields }
}

/** The text that is digested, from a row of the database. */
export function rowText({ name: format, fields }: RecordFormat, row: RecordRow): string {
  const parts = fields.map(([name, kind]) => {
    const value = row[name] ?? null
    // Nothing and the text null are two things; we store the first only, so the second is somebody's edit.
    if (kind === 'json') return value === null ? 'null' : value === 'null' ? '"null"' : String(value)
    return JSON.stringify(value)
  })
  return `[${[JSON.stringify(format), ...parts].join(',')}]`
}

export const rowDigest = (format: RecordFormat, row: RecordRow): Buffer =>
  createHash('sha256').update(rowText(format, row)).digest()

/** What to select of an outcome of any format. */
export const selectedOutcome = recordColumns(outcomeFormats[2])

/** @param row as `selectedOutcome` selects it */
export const outcomeDigest = (row: RecordRow): Buffer =>
  rowDigest(outcomeFormats[(row['question'] ?? null) === null ? 1 : 2], row)

/** @param row as `decisionColumns` selects it */
export const decisionDigest = (row: RecordRow): Buffer => rowDigest(formatOf(row), row)

/** What the json columns of a decision hold: made once, for the columns and for the digest. */
export const decisionTexts = ({ features, enrichment, score, interval }: Decision): DecisionTexts => ({
  features: JSON.stringify(features),
  enrichment: JSON.stringify(enrichment),
  notes: score.notes.length === 0 ? null : JSON.stringify(score.notes),
  radii: interval.radii === null ? null : JSON.stringify(interval.radii),
})

/** The times of one column are often the same one, and a Date within JSON.stringify costs three times what all the rest does. */
function isoOfColumn(): (time: Date) => string {
  let lastMs = Number.NaN
  let text = ''
  return time => {
    const ms = time.getTime()
    if (ms !== lastMs) {
      lastMs = ms
      text = time.toISOString()
    }
    return text
  }
}
const occurred = isoOfColumn()
const recorded = isoOfColumn()

/** The same text as `rowText` of the row it will be; one call of JSON.stringify for all that is not json already. */
export function decisionText(row: DecisionRow): string {
  const { score, interval, texts } = row
  const head = JSON.stringify([
    decisionFormats[newestFormat].name,
    row.tenant,
    row.id,
    row.pod,
    row.caseId,
    row.subject,
    row.eventId,
    row.schemaHash,
    score.probability,
    score.modelVersion,
    score.modelDigest,
    interval.lower,
    interval.upper,
    interval.level,
    interval.method,
    interval.calibrationSize,
    interval.calibrated,
    row.policyVersion,
    row.threshold,
    row.action,
    row.mode,
    row.gate,
    row.automatic,
    row.propensity,
    row.state,
    row.reason,
    row.latencyUs,
    interval.calibrationScore,
    interval.calibrator,
    interval.labelSet,
    row.certificate,
    row.audited,
    row.question,
    row.questionSubject,
    row.actingVersion,
    row.kappa.act,
    row.kappa.clear,
    row.auditCoin,
    row.predictionsDigest,
    row.findingsDigest,
  ])
  const times = `"${occurred(row.occurredAt)}","${recorded(row.recordedAt)}"`
  return `${head.slice(0, -1)},${times},${texts.features},${texts.enrichment},${texts.notes},${texts.radii}]`
}

export function outcomeText(row: OutcomeRow): string {
  const head = JSON.stringify([
    outcomeFormats[row.question === undefined ? 1 : 2].name,
    row.tenant,
    row.eventId,
    row.pod,
    row.caseId,
    row.outcome,
    row.label,
    row.source,
    row.quality,
    row.timeToConversion,
    ...(row.question === undefined ? [] : [row.question]),
  ])
  return `${head.slice(0, -1)},"${occurred(row.occurredAt)}","${recorded(row.recordedAt)}"]`
}

/** As text, because making a Buffer for each costs more than the hash (1.4 against .6 microseconds). */
const digestOf = (text: string): string => hash('sha256', text, 'hex')

/**
 * For each key of the batch the hexadecimal digests of its records, 64 digits each: its decisions in their order, then its
 * outcome, or that which a message is where silence had settled its case; null where the event has none. Rows lie in the order of the keys.
 */
export function recordDigests({ keys, decisions, outcomes, reactivations }: Batch): readonly (string | null)[] {
  let nextDecision = 0
  let nextOutcome = 0
  let nextMessage = 0
  const digests = keys.map(key => {
    let found = ''
    for (; isOf(decisions[nextDecision], key); nextDecision++) found += digestOf(decisionText(decisions[nextDecision]!))
    for (; isOf(outcomes[nextOutcome], key); nextOutcome++) found += digestOf(outcomeText(outcomes[nextOutcome]!))
    for (; isOf(reactivations[nextMessage], key); nextMessage++)
      found += digestOf(outcomeText(reactivated(reactivations[nextMessage]!)))
    return found === '' ? null : found
  })
  if (nextDecision < decisions.length || nextOutcome < outcomes.length || nextMessage < reactivations.length)
    throw new Error('the records of a batch do not lie in the order of its keys')
  return digests
}

type OfEvent = Pick<DecisionRow | OutcomeRow | ReactivationRow, 'tenant' | 'eventId'>
const isOf = (row: OfEvent | undefined, key: OfEvent): boolean =>
  row !== undefined && row.eventId === key.eventId && row.tenant === key.tenant
