import { type Encoder, encoderColumns, onCircle } from './encoder.ts'
import {
  type FeatureSpec,
  type FeatureValue,
  missingLevel,
  otherLevel,
  readBoolean,
  readLevel,
  readNumber,
} from './feature.ts'

/**
 * Learns how raw feature columns become model columns. Rows without any value give a column that says nothing (mean 0)
 * and no error: what is unknown in training stays unknown.
 * @param specs one per raw column
 * @param rows  raw values, one inner array per row in the order of `specs`
 * @param options.minLevelRows levels of categorical columns seen in fewer rows join `other` (default 10)
 * @returns     one encoder per spec, and the names of all model columns in order
 * @throws RangeError two specs with one name, or a period that is not positive
 */
export function fitEncoders(
  specs: readonly FeatureSpec[],
  rows: readonly (readonly FeatureValue[])[],
  options: { readonly minLevelRows?: number } = {},
): { readonly encoders: readonly Encoder[]; readonly columns: readonly string[] } {
  if (new Set(specs.map(spec => spec.name)).size < specs.length) throw new RangeError('feature names must differ')
  const encoders = specs.map((spec, column) => fitEncoder(spec, rows, column, options.minLevelRows ?? 10))
  return { encoders, columns: encoders.flatMap(encoderColumns) }
}

type Rows = readonly (readonly FeatureValue[])[]

function fitEncoder(spec: FeatureSpec, rows: Rows, column: number, leastRows: number): Encoder {
  const { name } = spec
  switch (spec.kind) {
    case 'numeric':
      return { kind: 'standard', name, ...describe(rows, column, readNumber) }
    case 'cyclic':
      return fitCyclic(spec, rows, column)
    case 'categorical':
      return { kind: 'onehot', name, levels: keptLevels(rows, column, leastRows) }
    case 'boolean': {
      const { mean, missing } = describe(rows, column, readBoolean)
      return { kind: 'boolean', name, mean, missing }
    }
  }
}

/** Mean, deviation (divisor n) and range of the values present; a constant column has std exactly 0. */
function describe(rows: Rows, column: number, read: (value: FeatureValue | undefined) => number | null) {
  let n = 0
  let mean = 0
  let squares = 0
  let min = Infinity
  let max = -Infinity
  for (const row of rows) {
    const value = read(row[column])
    if (value === null) continue
    n++
    const shift = value - mean
    mean += shift / n
    squares += shift * (value - mean)
    if (value < min) min = value
    if (value > max) max = value
  }
  const missing = n > 0 && n < rows.length
  if (n === 0) return { mean: 0, std: 0, min: 0, max: 0, missing }
  if (min === max) return { mean: min, std: 0, min, max, missing }
  return { mean, std: Math.sqrt(squares / n), min, max, missing }
}

function fitCyclic(spec: FeatureSpec, rows: Rows, column: number): Encoder {
  const period = spec.period ?? 24
  if (!(period > 0 && Number.isFinite(period)))
    throw new RangeError(`period of ${spec.name} must be positive, got ${period}`)
  const circle = (part: 'sin' | 'cos') =>
    describe(rows, column, value => {
      const number = readNumber(value)
      return number === null ? null : onCircle(number, period)[part]
    }).mean
  const raw = describe(rows, column, readNumber)
  return { kind: 'cyclic', name: spec.name, period, ...raw, sinMean: circle('sin'), cosMean: circle('cos') }
}

/** Levels with enough rows, sorted by code unit so that the model does not depend on the order of the rows. */
function keptLevels(rows: Rows, column: number, leastRows: number): string[] {
  const counts = new Map<string, number>()
  for (const row of rows) {
    const level = readLevel(row[column])
    counts.set(level, (counts.get(level) ?? 0) + 1)
  }
  const kept = [...counts]
    .filter(([level, count]) => count >= leastRows && level !== otherLevel)
    .map(([level]) => level)
  const named = kept.filter(level => level !== missingLevel).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return named.length < kept.length ? [...named, missingLevel] : named
}
