import { type Refusal, refuse } from '../refusal.ts'

/** Rows from `from` up to, not including, `to`, in time order. */
export interface RowRange {
  readonly from: number
  readonly to: number
}

/** Train on everything old enough, test on the block after the gap. */
export interface TimeFold {
  readonly train: RowRange
  readonly test: RowRange
}

/** Folds in time order, the slice that no trial may touch, and the folds left out with the reason. */
export interface TimeFolds {
  readonly ok: true
  readonly folds: readonly TimeFold[]
  /** Later than every fold by the gap; for the final number only. */
  readonly holdout: RowRange
  readonly skipped: readonly { readonly fold: TimeFold; readonly reason: string }[]
}

/** How to cut. */
export interface TimeFoldOptions {
  /** Test blocks; default 5. */
  readonly folds?: number
  /** In the unit of `times`; at least the delay of the labels, or the winner is the one that leaks best. */
  readonly gap: number
  /** Share of the rows kept for the final number, the latest ones; default 0.2. */
  readonly holdoutShare?: number
}

const leastFolds = 3

/**
 * Expanding-window folds: the rows before the holdout are cut into folds + 1 blocks; fold k tests on block k + 1 and trains
 * on all rows at least `gap` older than its first test row. Rows of equal time are never separated.
 * @param times ascending, finite
 * @param y     0 or 1 per row; a fold whose training or test rows hold one class only is skipped and named
 * @returns     or `empty`, `not_finite`, `out_of_range` (times not ascending, bad options), `too_few` (under 3 usable folds)
 * @throws RangeError arrays of unequal length
 */
export function timeFolds(times: Float64Array, y: Uint8Array, options: TimeFoldOptions): TimeFolds | Refusal {
  if (times.length !== y.length) throw new RangeError(`${times.length} times but ${y.length} labels`)
  const { folds: wanted = 5, gap, holdoutShare = 0.2 } = options
  const n = times.length
  if (n === 0) return refuse('empty', 0, 1, 'no rows')
  if (!(Number.isInteger(wanted) && wanted >= leastFolds && gap >= 0 && gap < Infinity)) {
    return refuse('out_of_range', 0, leastFolds, 'at least 3 folds and a gap of at least 0 are needed')
  }
  if (!(holdoutShare >= 0 && holdoutShare < 1)) return refuse('out_of_range', 0, 1, 'holdoutShare must be in [0, 1)')
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(times[i]!)) return refuse('not_finite', i, n, `the time of row ${i} is not a finite number`)
    if (i > 0 && times[i]! < times[i - 1]!) return refuse('out_of_range', i, n, `row ${i} is older than the one before`)
  }
  const positives = prefixSums(y)
  const searchEnd = startOfTie(times, Math.round(n * (1 - holdoutShare)))
  const border = (block: number) => startOfTie(times, Math.round((searchEnd * block) / (wanted + 1)))
  const folds: TimeFold[] = []
  const skipped: { fold: TimeFold; reason: string }[] = []
  for (let k = 1; k <= wanted; k++) {
    const test = { from: border(k), to: k === wanted ? searchEnd : border(k + 1) }
    const train = { from: 0, to: test.from < n ? firstAfter(times, times[test.from]! - gap, test.from) : 0 }
    const fold = { train, test }
    const reason = problemOf(train, 'training', positives) ?? problemOf(test, 'test', positives)
    if (reason) skipped.push({ fold, reason })
    else folds.push(fold)
  }
  if (folds.length < leastFolds) {
    const why = skipped.map(({ reason }) => reason).join('; ')
    return refuse('too_few', folds.length, leastFolds, `${folds.length} usable folds: ${why}`)
  }
  const lastTime = searchEnd > 0 ? times[searchEnd - 1]! : -Infinity
  let holdoutFrom = searchEnd
  while (holdoutFrom < n && times[holdoutFrom]! - lastTime < gap) holdoutFrom++
  return { ok: true, folds, holdout: { from: holdoutFrom, to: n }, skipped }
}

function prefixSums(y: Uint8Array): Uint32Array {
  const sums = new Uint32Array(y.length + 1)
  for (let i = 0; i < y.length; i++) sums[i + 1] = sums[i]! + y[i]!
  return sums
}

/** Moves a border back to the first row of its time. */
function startOfTie(times: Float64Array, border: number): number {
  let at = border
  while (at > 0 && at < times.length && times[at - 1]! === times[at]!) at--
  return at
}

/** Number of rows, among the first `end`, with a time at or before `limit` and strictly before that of row `end`. */
function firstAfter(times: Float64Array, limit: number, end: number): number {
  let at = end
  while (at > 0 && times[at - 1]! > limit) at--
  return at
}

function problemOf({ from, to }: RowRange, name: string, positives: Uint32Array): string | null {
  const rows = to - from
  if (rows <= 0) return `no ${name} rows`
  const ones = positives[to]! - positives[from]!
  if (ones === 0) return `no ${name} row of class 1`
  return ones === rows ? `no ${name} row of class 0` : null
}
