import { parseTime } from './parse-time.ts'

export type ColumnKind = 'numeric' | 'categorical' | 'boolean' | 'time' | 'constant' | 'identifier' | 'text'

export interface InferredColumn {
  readonly name: string
  readonly kind: ColumnKind
  /** 0 to 1, of the sample. */
  readonly missingShare: number
  /** Different values in the sample, missing ones not counted. */
  readonly distinct: number
  /** The first three different values. */
  readonly examples: readonly string[]
}

/** Empty, NA, null and NaN in any case stand for "no value". */
export function isMissing(value: string): boolean {
  return value.length < 8 && /^\s*(?:na|n\/a|nan|null)?\s*$/i.test(value)
}

/** Kinds of the columns of a file, from its first rows: at most the first 5,000 of them are read. */
export function inferColumns(
  header: readonly string[],
  sampleRows: readonly (readonly string[])[],
): readonly InferredColumn[] {
  const rows = sampleRows.slice(0, 5000)
  return header.map((name, column) =>
    inferColumn(
      name,
      rows.map(row => row[column] ?? ''),
    ),
  )
}

function inferColumn(name: string, values: readonly string[]): InferredColumn {
  const present = values.filter(value => !isMissing(value)).map(value => value.trim())
  const distinct = [...new Set(present)]
  return {
    name,
    kind: kindOf(name, distinct, present.length),
    missingShare: values.length === 0 ? 0 : (values.length - present.length) / values.length,
    distinct: distinct.length,
    examples: distinct.slice(0, 3),
  }
}

const pairs = ['no yes', 'false true', 'f t', 'n y', '0 1']
// "created_at", "eventTime", "ts": without such a name a ten-digit number is a number.
const timeName =
  /(?:^|[^a-z])(?:ts|at|on|time|date|datetime|timestamp|epoch|when)$|(?:Time|Date|At|time|date|timestamp)$/
const idName = /(?:^|[^a-z])(?:id|uuid|guid|key|no|nr|number|ref|code|sku)$|(?:Id|ID|Key)$/
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/
/** Fewer values than this say nothing about how often values repeat. */
const enough = 20

function kindOf(name: string, distinct: readonly string[], present: number): ColumnKind {
  if (distinct.length <= 1) return 'constant'
  if (distinct.length <= 6) {
    const words = [...new Set(distinct.map(value => value.toLowerCase()))].sort()
    if (pairs.includes(words.join(' '))) return 'boolean'
  }
  const mostlyDistinct = present >= enough && distinct.length > present / 2
  if (distinct.every(value => decimal.test(value))) {
    if (named(name, timeName) && distinct.every(isEpoch)) return 'time'
    // 01234 and numbers past 2^53 are names written in digits: as numbers they would become others.
    const digits = distinct.some(value => /^0\d/.test(value) || /^\d{16,}$/.test(value))
    if (digits) return mostlyDistinct ? 'identifier' : 'categorical'
    const whole = distinct.every(value => /^\d+$/.test(value))
    return whole && named(name, idName) && present >= enough && distinct.length === present ? 'identifier' : 'numeric'
  }
  if (distinct.every(value => value.includes('-') && parseTime(value) !== null)) return 'time'
  if (!mostlyDistinct) return 'categorical'
  return distinct.filter(value => /\s/.test(value)).length > distinct.length / 2 ? 'text' : 'identifier'
}

function named(name: string, pattern: RegExp): boolean {
  return pattern.test(name) || pattern.test(name.toLowerCase())
}

/** Epoch seconds or milliseconds between 1990 and 2100. */
function isEpoch(value: string): boolean {
  const time = parseTime(value)
  return time !== null && time >= 631_152_000_000 && time < 4_102_444_800_000
}
