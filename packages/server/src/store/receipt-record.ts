import { createHash, hash } from 'node:crypto'
import type { Decision } from '@surety/contract'
import type { Batch } from './batch-rows.ts'
import type { DecisionRow, DecisionTexts } from './decisions.ts'
import type { OutcomeRow } from './outcomes.ts'

/**
 * The digest of a record: SHA-256 of a JSON array of its stored columns in a fixed order, columns of type json last and as
 * the very text that is stored. It can be made again from the row alone. `docs/receipts.md` states the layout, and
 * `bin/verify-receipt.mjs` reads it without any of this code: change neither without a new number in the first element.
 */
export const decisionFormat = 'surety.record/1'
export const outcomeFormat = 'surety.outcome/1'

type Kind = 'text' | 'time' | 'json'

/**
 * Columns of `decisions` in the order of the digest: what the number of the format stands for, and so a list of its own. A
 * column that `decisions` gets later is in no record of format 1, or receipts that were given out would hold no more.
 */
export const decisionFields: readonly (readonly [name: string, kind: Kind])[] = [
  ...fields(
    'text',
    'tenant_id decision_id pod case_id subject event_id schema_hash probability model_version model_digest lower upper level',
    'method calibration_size calibrated_probability policy_version threshold action mode gate automatic propensity state reason',
    'latency_us calibration_score calibrator label_set certificate_id audited',
  ),
  ...fields('time', 'occurred_at recorded_at'),
  ...fields('json', 'features enrichment notes residual_radii'),
]

/** Columns of `outcomes` in the order of the digest: all but `notes`, the free text that retention takes away. */
export const outcomeFields: readonly (readonly [name: string, kind: Kind])[] = [
  ...fields('text', 'tenant_id event_id pod case_id outcome label source quality time_to_conversion'),
  ...fields('time', 'occurred_at recorded_at'),
]

function fields(kind: Kind, ...names: readonly string[]): (readonly [string, Kind])[] {
  return names.flatMap(line => line.split(' ')).map(name => [name, kind] as const)
}

/** A row as `recordColumns` selects it: json columns as text, times as Date. */
export interface RecordRow {
  readonly [column: string]: string | number | boolean | Date | null
}

/** What to select so that `rowText` can be made. */
export const recordColumns = (of: readonly (readonly [string, Kind])[]): string =>
  of.map(([name, kind]) => (kind === 'json' ? `${name}::text as ${name}` : name)).join(', ')

/** The text that is digested, from a row of the database. */
export function rowText(format: string, of: readonly (readonly [string, Kind])[], row: RecordRow): string {
  const parts = of.map(([name, kind]) => {
    const value = row[name] ?? null
    // Nothing and the text null are two things; we store the first only, so the second is somebody's edit.
    if (kind === 'json') return value === null ? 'null' : value === 'null' ? '"null"' : String(value)
    return JSON.stringify(value)
  })
  return `[${[JSON.stringify(format), ...parts].join(',')}]`
}

export const rowDigest = (format: string, of: readonly (readonly [string, Kind])[], row: RecordRow): Buffer =>
  createHash('sha256')
    .update(rowText(format, of, row))
    .digest()

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
    decisionFormat,
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
  ])
  const times = `"${occurred(row.occurredAt)}","${recorded(row.recordedAt)}"`
  return `${head.slice(0, -1)},${times},${texts.features},${texts.enrichment},${texts.notes},${texts.radii}]`
}

export function outcomeText(row: OutcomeRow): string {
  const head = JSON.stringify([
    outcomeFormat,
    row.tenant,
    row.eventId,
    row.pod,
    row.caseId,
    row.outcome,
    row.label,
    row.source,
    row.quality,
    row.timeToConversion,
  ])
  return `${head.slice(0, -1)},"${occurred(row.occurredAt)}","${recorded(row.recordedAt)}"]`
}

/** As text, because making a Buffer for each costs more than the hash (1.4 against .6 microseconds). */
const digestOf = (text: string): string => hash('sha256', text, 'hex')

/** For each key of the batch the hexadecimal digest of its record; null where the event has none. Rows lie in the order of the keys. */
export function recordDigests({ keys, decisions, outcomes }: Batch): readonly (string | null)[] {
  let nextDecision = 0
  let nextOutcome = 0
  const digests = keys.map(({ tenant, eventId }) => {
    const decision = decisions[nextDecision]
    if (decision?.eventId === eventId && decision.tenant === tenant) {
      nextDecision++
      return digestOf(decisionText(decision))
    }
    const outcome = outcomes[nextOutcome]
    if (outcome?.eventId !== eventId || outcome.tenant !== tenant) return null
    nextOutcome++
    return digestOf(outcomeText(outcome))
  })
  if (nextDecision < decisions.length || nextOutcome < outcomes.length)
    throw new Error('the records of a batch do not lie in the order of its keys')
  return digests
}
