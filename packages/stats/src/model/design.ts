import { type Encoder, encoderColumns, onCircle, standardise } from './encoder.ts'
import { type FeatureValue, readBoolean, readLevel, readNumber } from './feature.ts'

/**
 * Encoded rows. Numbers lie in a dense block; of every categorical feature only the column that is 1 is kept, so that a
 * feature with a thousand levels costs one integer per row.
 */
export interface Design {
  readonly rows: number
  /** Number of model columns = length of the coefficients. */
  readonly columns: number
  /** Values of the dense columns: rows × denseColumns.length, row-major. */
  readonly dense: Float64Array
  /** Model column of each dense column. */
  readonly denseColumns: Int32Array
  /** Model column that is 1 in this row, one per categorical feature: rows × codesPerRow, row-major. */
  readonly codes: Int32Array
  readonly codesPerRow: number
}

/**
 * Encodes raw rows with fitted encoders. A level never seen in training goes to the trained column `other`.
 * @param rows raw values in the order of the encoders
 */
export function encodeRows(encoders: readonly Encoder[], rows: readonly (readonly FeatureValue[])[]): Design {
  const denseColumns: number[] = []
  const firstColumn: number[] = []
  let columns = 0
  let codesPerRow = 0
  for (const encoder of encoders) {
    const width = encoderColumns(encoder).length
    firstColumn.push(columns)
    if (encoder.kind === 'onehot') codesPerRow++
    else for (let k = 0; k < width; k++) denseColumns.push(columns + k)
    columns += width
  }
  const levels = encoders.map(encoder =>
    encoder.kind === 'onehot' ? new Map(encoder.levels.map((level, k) => [level, k])) : null,
  )
  const dense = new Float64Array(rows.length * denseColumns.length)
  const codes = new Int32Array(rows.length * codesPerRow)
  let at = 0
  let code = 0
  for (const row of rows) {
    for (let f = 0; f < encoders.length; f++) {
      const encoder = encoders[f]!
      const raw = row[f]
      if (encoder.kind === 'onehot') {
        codes[code++] = firstColumn[f]! + (levels[f]!.get(readLevel(raw)) ?? encoder.levels.length)
        continue
      }
      const value = encoder.kind === 'boolean' ? readBoolean(raw) : readNumber(raw)
      if (encoder.kind === 'cyclic') {
        const point = value === null ? null : onCircle(value, encoder.period)
        dense[at++] = point ? point.sin : (encoder.sinMean ?? 0)
        dense[at++] = point ? point.cos : (encoder.cosMean ?? 0)
      } else if (encoder.kind === 'boolean') dense[at++] = value ?? encoder.mean
      else if (encoder.std !== 0) dense[at++] = value === null ? 0 : standardise(value, encoder.mean, encoder.std)
      if (encoder.missing) dense[at++] = value === null ? 1 : 0
    }
  }
  return { rows: rows.length, columns, dense, denseColumns: Int32Array.from(denseColumns), codes, codesPerRow }
}

/**
 * A design of numbers only, for data that is already encoded.
 * @param values rows × columns, row-major; kept, not copied
 */
export function denseDesign(values: Float64Array, rows: number, columns: number): Design {
  if (values.length !== rows * columns) throw new RangeError(`${values.length} values are not ${rows} × ${columns}`)
  const denseColumns = Int32Array.from({ length: columns }, (_, j) => j)
  return { rows, columns, dense: values, denseColumns, codes: new Int32Array(0), codesPerRow: 0 }
}

/** The rows from `from` (included) to `to` (excluded) as a view on the same memory: folds in time cost nothing. */
export function sliceDesign(design: Design, from: number, to: number): Design {
  if (!(from >= 0 && from <= to && to <= design.rows)) throw new RangeError(`rows ${from} to ${to} of ${design.rows}`)
  const width = design.denseColumns.length
  const dense = design.dense.subarray(from * width, to * width)
  const codes = design.codes.subarray(from * design.codesPerRow, to * design.codesPerRow)
  return { ...design, rows: to - from, dense, codes }
}

/** Log-odds of every row: intercept + Σ coefficient·column. */
export function scoreDesign(design: Design, coefficients: ArrayLike<number>, intercept: number): Float64Array {
  if (coefficients.length !== design.columns)
    throw new RangeError(`${coefficients.length} coefficients for ${design.columns} columns`)
  const width = design.denseColumns.length
  const z = new Float64Array(design.rows)
  for (let i = 0; i < design.rows; i++) {
    let sum = intercept
    for (let j = 0; j < width; j++) sum += coefficients[design.denseColumns[j]!]! * design.dense[i * width + j]!
    for (let k = 0; k < design.codesPerRow; k++) sum += coefficients[design.codes[i * design.codesPerRow + k]!]!
    z[i] = sum
  }
  return z
}
