import { type ClassCounts, checkProbabilities } from '../labels.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { conformalRank, rowsNeeded } from './conformal-rank.ts'
import { type LabelSet, labelScore } from './label-set.ts'
import { nthSmallest } from './nth-smallest.ts'

/** One bin: how many calibration rows of each class it has, and the largest score at which each label is still plausible. */
export interface MondrianCell {
  readonly n: readonly [number, number]
  /** Null: too few rows of that class, so its label is always in the set. */
  readonly threshold: readonly [number | null, number | null]
}

/** Class-conditional label sets as plain data. */
export interface MondrianSets {
  readonly ok: true
  /** Share of rows of class 0 and of class 1 whose label the set may miss. */
  readonly alpha: readonly [number, number]
  readonly delta: number | null
  /** Rows of a class below which a bin falls back to its parent. */
  readonly floor: readonly [number, number]
  /** By `binKey` of the path; the root, all rows, is `binKey([])`. */
  readonly cells: Readonly<Record<string, MondrianCell>>
  readonly n: number
  readonly method: 'mondrian'
}

/** Where a row belongs, from the widest bin to the narrowest: [tenant], [tenant, channel]. */
export type BinPath = readonly string[]

export interface MondrianOptions {
  /** Errors allowed per class: one number for both, or one each; in (0, 1). */
  readonly alpha: number | readonly [number, number]
  /** Null (default): coverage on average over calibrations. Else: short of it with at most this chance. */
  readonly delta?: number | null
  /** One path per row; rows need not have equally long ones. */
  readonly bins?: readonly BinPath[]
}

/**
 * Mondrian split conformal: for each class its own threshold, so that both classes are covered, also the rare one, and a
 * changed base rate does no harm. 1 - alpha <= P(label in set | class) <= 1 - alpha + 1/(n + 1) if rows are exchangeable
 * within the class. A bin with too few rows of a class takes that class's threshold from its parent.
 * @param p probabilities of class 1 in [0, 1], of rows the model has not seen
 * @param y 0 or 1 per row, same order; a class without rows is always in the set
 * @returns or `empty`, `not_finite`, `out_of_range`
 * @throws RangeError another number of paths than rows
 * @see Vovk 2003; Sadinle, Lei & Wasserman 2019
 */
export function fitMondrian(p: Float64Array, y: Uint8Array, options: MondrianOptions): MondrianSets | Refusal {
  const counts = checkProbabilities(p, y)
  if ('ok' in counts) return counts
  const plan = mondrianPlan(options)
  if (!plan.ok) return plan
  const { bins } = options
  if (bins && bins.length !== counts.n) throw new RangeError(`${bins.length} paths for ${counts.n} rows`)

  const byBin = new Map<string, [number[], number[]]>()
  if (bins) {
    for (let i = 0; i < counts.n; i++) {
      for (const key of binKeys(bins[i]!)) {
        const cell = byBin.get(key) ?? [[], []]
        cell[y[i]!]!.push(labelScore(p[i]!, y[i]!))
        byBin.set(key, cell)
      }
    }
  }
  const cells: Record<string, MondrianCell> = {
    [binKey([])]: cellOf(scoresByClass(p, y, counts), plan),
  }
  for (const [key, [zero, one]] of byBin) {
    cells[key] = cellOf([Float64Array.from(zero), Float64Array.from(one)], plan)
  }
  return { ...plan, cells, n: counts.n, method: 'mondrian' }
}

/** The label set of one row. */
export function mondrianSet(sets: MondrianSets, p: number, path: BinPath = []): LabelSet {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a probability was expected, got ${p}`)
  const limits = mondrianThresholds(sets, path)
  return ((inside(p, limits[0]) ? 1 : 0) | (inside(1 - p, limits[1]) ? 2 : 0)) as LabelSet
}

/** Label sets of many rows of one bin (default: the root): one `LabelSet` per row. */
export function mondrianBatch(sets: MondrianSets, p: Float64Array, path: BinPath = []): Uint8Array {
  const [zero, one] = mondrianThresholds(sets, path).map(limit => limit ?? Infinity) as [number, number]
  const out = new Uint8Array(p.length)
  let outside = 0
  for (let i = 0; i < p.length; i++) {
    const value = p[i]!
    outside |= value >= 0 && value <= 1 ? 0 : 1
    out[i] = (value <= zero ? 1 : 0) | (1 - value <= one ? 2 : 0)
  }
  if (outside) throw new RangeError('a probability was expected')
  return out
}

/** The thresholds in force at a path: per class that of the narrowest bin with enough rows of the class. */
export function mondrianThresholds(
  sets: Pick<MondrianSets, 'cells' | 'floor'>,
  path: BinPath,
): readonly [number | null, number | null] {
  const root = sets.cells[binKey([])]!
  const limits: [number | null, number | null] = [root.threshold[0], root.threshold[1]]
  for (const key of binKeys(path)) {
    const cell = sets.cells[key]
    if (!cell) continue
    if (cell.n[0] >= sets.floor[0]) limits[0] = cell.threshold[0]
    if (cell.n[1] >= sets.floor[1]) limits[1] = cell.threshold[1]
  }
  return limits
}

/** Name of a bin in `cells`; names of any content are told apart. */
export function binKey(path: BinPath): string {
  return JSON.stringify(path)
}

/** Names of the bins below the root that hold a row, widest first. */
export function binKeys(path: BinPath): string[] {
  return path.map((_, depth) => binKey(path.slice(0, depth + 1)))
}

/** Checked options, and the smallest class of a bin that can stand alone. */
export type MondrianPlan = Pick<MondrianSets, 'ok' | 'alpha' | 'delta' | 'floor'>

/** Checks the options: `out_of_range` unless every alpha and delta is in (0, 1). */
export function mondrianPlan(options: Omit<MondrianOptions, 'bins'>): MondrianPlan | Refusal {
  const delta = options.delta ?? null
  const [zero, one] = typeof options.alpha === 'number' ? [options.alpha, options.alpha] : options.alpha
  for (const value of delta === null ? [zero, one] : [zero, one, delta]) {
    if (!(value > 0 && value < 1)) {
      return refuse(
        'out_of_range',
        Number.isFinite(value) ? value : 0,
        1,
        `alpha and delta must be in (0, 1), got ${value}`,
      )
    }
  }
  return { ok: true, alpha: [zero, one], delta, floor: [rowsNeeded(zero, delta), rowsNeeded(one, delta)] }
}

/** Every row writes both scores and only that of its label stays: labels are too random for a branch. */
function scoresByClass(p: Float64Array, y: Uint8Array, counts: ClassCounts): readonly [Float64Array, Float64Array] {
  const zero = new Float64Array(counts.negatives + 1)
  const one = new Float64Array(counts.positives + 1)
  let zeros = 0
  let ones = 0
  for (let i = 0; i < p.length; i++) {
    const value = p[i]!
    const label = y[i]!
    zero[zeros] = value
    one[ones] = 1 - value
    ones += label
    zeros += 1 - label
  }
  return [zero.subarray(0, zeros), one.subarray(0, ones)]
}

function cellOf(scores: readonly [Float64Array, Float64Array], plan: MondrianPlan): MondrianCell {
  const limit = (label: 0 | 1) => {
    const rank = conformalRank(scores[label].length, plan.alpha[label], plan.delta)
    return rank === null ? null : nthSmallest(scores[label], rank)
  }
  return { n: [scores[0].length, scores[1].length], threshold: [limit(0), limit(1)] }
}

function inside(score: number, limit: number | null): boolean {
  return limit === null || score <= limit
}
