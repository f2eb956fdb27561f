import { type Refusal, refuse } from '../refusal.ts'

/** Running mean and variance per column. Plain JSON. */
export interface RunningScaler {
  readonly n: number
  readonly means: readonly number[]
  /** Σ(x - mean)² per column. */
  readonly squares: readonly number[]
}

/** A scaler that has seen nothing. */
export function startScaler(columns: number): RunningScaler {
  if (!(Number.isSafeInteger(columns) && columns >= 1)) throw new RangeError(`at least one column, got ${columns}`)
  return { n: 0, means: new Array<number>(columns).fill(0), squares: new Array<number>(columns).fill(0) }
}

/**
 * Lets the scaler see a row (Welford).
 * @param row one finite number per column
 * @returns   a new scaler; or `not_finite`
 * @throws RangeError a row of another length
 */
export function scalerSees(
  scaler: RunningScaler,
  row: ArrayLike<number>,
): { readonly ok: true; readonly scaler: RunningScaler } | Refusal {
  const columns = scaler.means.length
  if (row.length !== columns) throw new RangeError(`${row.length} values for ${columns} columns`)
  const n = scaler.n + 1
  const means = new Array<number>(columns)
  const squares = new Array<number>(columns)
  for (let j = 0; j < columns; j++) {
    const value = row[j]!
    if (!Number.isFinite(value)) return refuse('not_finite', j, columns, `column ${j} is not a finite number`)
    const away = value - scaler.means[j]!
    means[j] = scaler.means[j]! + away / n
    squares[j] = scaler.squares[j]! + away * (value - means[j]!)
  }
  return { ok: true, scaler: { n, means, squares } }
}

/** (x - mean)/deviation per column, population deviation; 0 for a column that has not varied yet. */
export function scaleRow(scaler: RunningScaler, row: ArrayLike<number>): Float64Array {
  const columns = scaler.means.length
  if (row.length !== columns) throw new RangeError(`${row.length} values for ${columns} columns`)
  const scaled = new Float64Array(columns)
  for (let j = 0; j < columns; j++) {
    const deviation = scaler.n > 0 ? Math.sqrt(scaler.squares[j]! / scaler.n) : 0
    scaled[j] = deviation > 0 ? (row[j]! - scaler.means[j]!) / deviation : 0
  }
  return scaled
}
