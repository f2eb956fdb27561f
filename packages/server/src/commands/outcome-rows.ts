import { type FeatureSpec, type FeatureValue, isWithinTime, timeRange } from '@surety/contract'
import { parseTime } from '../csv/parse-time.ts'

/** One row of outcomes.csv as the trainer takes it. */
export interface OutcomeRow {
  readonly id: string
  readonly at: number
  readonly values: readonly FeatureValue[]
  readonly label: 0 | 1
  readonly tenant: string
  readonly source: string
}

export interface OutcomeTable {
  readonly specs: readonly FeatureSpec[]
  readonly rows: readonly OutcomeRow[]
  /** false: no times, the order of the file stands in for them. */
  readonly timed: boolean
  /** Rows without a label, which teach nothing. */
  readonly unlabelled: number
}

/** What cannot be read, in one sentence with the row. */
export class OutcomeTableError extends Error {}

interface Source {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly baseFeatures: readonly FeatureSpec[]
  /** Labels by outcome word, for files without a column `label`. */
  readonly labels: { readonly [outcome: string]: 0 | 1 | null }
}

/**
 * Reads outcomes.csv: the base features by name, every `attr.*` column by its content, label and time. `tenant_hash`
 * may stand in for `tenant` and is read as `other`. Spreadsheet guards (a leading quote) are taken off.
 */
export function readOutcomeTable({ header, rows, baseFeatures, labels }: Source): OutcomeTable {
  const place = new Map(header.map((name, k) => [name, k]))
  const hashed = !place.has('tenant') && place.has('tenant_hash')
  const lacking = baseFeatures.find(spec => !place.has(spec.name) && !(spec.name === 'tenant' && hashed))
  if (lacking !== undefined) throw new OutcomeTableError(`The file has no column ${lacking.name}.`)
  if (!place.has('label') && !place.has('outcome'))
    throw new OutcomeTableError('The file needs a column label or outcome.')
  const attributes = header.flatMap((name, k) => (name.startsWith('attr.') ? [attributeSpec(name, rows, k)] : []))
  const specs = [...baseFeatures, ...attributes]
  const timed = place.has('decided_at')
  const cell = (row: readonly string[], name: string): string => {
    const k = place.get(name)
    return k === undefined ? '' : unguard(row[k] ?? '')
  }
  const found: OutcomeRow[] = []
  for (const [k, row] of rows.entries()) {
    const label = readLabel(cell(row, 'label'), cell(row, 'outcome'), labels, k + 1)
    if (label === null) continue
    const values = specs.map(spec => {
      if (spec.name === 'tenant' && hashed) return 'other'
      return readValue(cell(row, spec.name), spec, k + 1)
    })
    const tenant = hashed ? 'other' : cell(row, 'tenant')
    // The place in the file keeps two rows of one moment, and files without times, in the file's order.
    const id = String(k).padStart(9, '0')
    found.push({
      id,
      at: timed ? readTime(cell(row, 'decided_at'), k + 1) : k,
      values,
      label,
      tenant,
      source: cell(row, 'label_source') || 'imported',
    })
  }
  return { specs, rows: found, timed, unlabelled: rows.length - found.length }
}

const unguard = (text: string): string => (/^'[=+\-@]/.test(text) ? text.slice(1) : text)

function attributeSpec(name: string, rows: readonly (readonly string[])[], place: number): FeatureSpec {
  const known = rows.map(row => unguard(row[place] ?? '')).filter(text => text !== '')
  const kind = known.every(isFlag) ? 'boolean' : known.every(isNumber) ? 'numeric' : 'categorical'
  return { name, kind, meaning: 'A declared attribute.' }
}

const isFlag = (text: string): boolean => text === 'true' || text === 'false'
const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text))

function readValue(text: string, spec: FeatureSpec, row: number): FeatureValue {
  if (text === '') return null
  if (spec.kind === 'boolean') return isFlag(text) ? text === 'true' : null
  if (spec.kind === 'categorical') return text
  if (!isNumber(text)) throw new OutcomeTableError(`Row ${row}: ${spec.name} is no number.`)
  return Number(text)
}

function readLabel(label: string, outcome: string, labels: Source['labels'], row: number): 0 | 1 | null {
  if (label === '0' || label === '1') return label === '1' ? 1 : 0
  if (label !== '') throw new OutcomeTableError(`Row ${row}: label must be 0, 1 or empty.`)
  if (outcome === '') return null
  const found = Object.hasOwn(labels, outcome) ? labels[outcome] : undefined
  if (found === undefined) throw new OutcomeTableError(`Row ${row}: "${outcome}" is no known outcome.`)
  return found
}

function readTime(text: string, row: number): number {
  const at = parseTime(text)
  if (at === null) throw new OutcomeTableError(`Row ${row}: decided_at is no ISO 8601 time.`)
  if (!isWithinTime(at)) throw new OutcomeTableError(`Row ${row}: decided_at ${timeRange}.`)
  return at
}
