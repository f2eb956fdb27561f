import { rocAuc } from '../metrics/roc-auc.ts'
import { type Design, scoreDesign } from '../model/design.ts'
import { fitLogistic } from '../model/fit-logistic.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Rng } from '../rng.ts'
import { stackDesigns, takeRows } from './design-rows.ts'

/** Learns to tell class 1 from class 0 and answers log-odds for other rows. Trees can be put in place of the default. */
export type DomainLearner = (train: Design, y: Uint8Array, others: Design) => Float64Array | Refusal

/** Can a model tell the current rows from the reference? */
export interface DomainClassifier {
  readonly ok: true
  /** Out-of-fold ROC AUC; .5 = cannot tell. */
  readonly auc: number
  /** By refitting with permuted windows, +1 in numerator and denominator; null when no permutations were asked for. */
  readonly p: number | null
  readonly permutations: number
  /** Out-of-fold density ratio current/reference of every reference row, in [1e-3, 1e3]. */
  readonly referenceWeights: Float64Array
  /** The same for every current row. */
  readonly currentWeights: Float64Array
  readonly n: number
  readonly m: number
  readonly method: 'domain_classifier'
}

/** How to ask. */
export interface DomainOptions {
  /** Default 5. */
  readonly folds?: number
  /** How often the windows are permuted for the p-value; each costs a whole fit. Default 0: no p-value. */
  readonly permutations?: number
  readonly learner?: DomainLearner
  /** Whole numbers, reference rows first: rows of one subject stay in one fold and change window together. */
  readonly subjects?: Int32Array
  readonly tick?: (done: number, total: number) => boolean
}

const leastWeight = 1e-3
const mostWeight = 1e3

/**
 * Domain classifier: reference rows are class 0, current rows class 1; the out-of-fold AUC says whether anything has
 * changed, in any combination of columns, and h/(1-h)·n/m is the density ratio that makes the reference look like the
 * current window.
 * @param reference,current designs of the same columns
 * @param draw folds and permutations
 * @returns or `empty`, `too_few` (fewer rows, or subjects, of a window than folds), what the learner refuses, `stopped`
 * @throws RangeError designs encoded differently, subjects of another length
 * @see Lopez-Paz & Oquab 2017; Bickel 2009 (density ratio)
 */
export function domainClassifier(
  reference: Design,
  current: Design,
  draw: Rng,
  options: DomainOptions = {},
): DomainClassifier | Refusal {
  const { folds = 5, permutations = 0, learner = logisticLearner, subjects } = options
  if (!(Number.isInteger(folds) && folds >= 2 && Number.isInteger(permutations) && permutations >= 0))
    return refuse('out_of_range', 0, 2, 'folds must be a whole number of at least 2, permutations of at least 0')
  const [n, m] = [reference.rows, current.rows]
  if (n === 0 || m === 0) return refuse('empty', 0, 1, `the ${n === 0 ? 'reference' : 'current'} window has no rows`)
  const both = stackDesigns(reference, current)
  if (subjects && subjects.length !== n + m) throw new RangeError(`${subjects.length} subjects of ${n + m} rows`)
  const units = unitsOf(n, m, subjects)
  const ofWindow = [0, 1].map(window => units.filter(unit => unit.window === window).length)
  const fewest = Math.min(ofWindow[0]!, ofWindow[1]!)
  if (fewest < folds)
    return refuse('too_few', fewest, folds, `each window needs ${folds} ${subjects ? 'subjects' : 'rows'}`)

  const ask = (windows: Uint8Array, stream: Rng) => {
    const y = new Uint8Array(n + m)
    units.forEach((unit, u) => {
      for (const row of unit.rows) y[row] = windows[u]!
    })
    const z = outOfFold(both, y, foldOfRows(units, windows, folds, stream), folds, learner)
    if ('ok' in z) return z
    const auc = rocAuc(z, y)
    return auc.ok ? { z, auc: auc.value } : auc
  }
  const own = Uint8Array.from(units, unit => unit.window)
  const seen = ask(own, draw.fork('observed'))
  if ('ok' in seen) return seen
  let atLeast = 0
  for (let round = 0; round < permutations; round++) {
    if (options.tick && !options.tick(round, permutations))
      return refuse('stopped', round, permutations, 'stopped by the caller')
    const stream = draw.fork(`permutation ${round}`)
    const chance = ask(shuffled(own, stream), stream)
    if ('ok' in chance) return chance
    if (chance.auc >= seen.auc - 1e-12) atLeast++
  }
  const ratio = (z: number) => Math.min(mostWeight, Math.max(leastWeight, (Math.exp(Math.min(z, 700)) * n) / m))
  return {
    ok: true,
    auc: seen.auc,
    p: permutations === 0 ? null : (1 + atLeast) / (1 + permutations),
    permutations,
    referenceWeights: seen.z.slice(0, n).map(ratio),
    currentWeights: seen.z.slice(n).map(ratio),
    n,
    m,
    method: 'domain_classifier',
  }
}

/** Logistic regression with a mild penalty: linear changes, and exact for normal features that shift. */
export const logisticLearner: DomainLearner = (train, y, others) => {
  const fit = fitLogistic(train, y, { c: 1 })
  return fit.ok ? scoreDesign(others, fit.coefficients, fit.intercept) : fit
}

/** Rows that belong together; without subjects every row is a unit of its own. */
interface Unit {
  readonly window: 0 | 1
  readonly rows: readonly number[]
}

function unitsOf(n: number, m: number, subjects: Int32Array | undefined): readonly Unit[] {
  const rows = Array.from({ length: n + m }, (_, row) => row)
  if (!subjects) return rows.map(row => ({ window: row < n ? 0 : 1, rows: [row] }))
  // A subject seen in both windows is two units: its rows of one window move together.
  const found = new Map<string, { window: 0 | 1; rows: number[] }>()
  for (const row of rows) {
    const window = row < n ? 0 : 1
    const key = `${window}:${subjects[row]}`
    const unit = found.get(key)
    if (unit) unit.rows.push(row)
    else found.set(key, { window, rows: [row] })
  }
  return [...found.values()]
}

/** Fold of every row; units of each window are spread evenly. */
function foldOfRows(units: readonly Unit[], windows: Uint8Array, folds: number, draw: Rng): Uint16Array {
  const order = shuffled(
    Float64Array.from(units, (_, u) => u),
    draw,
  )
  const rows = units.reduce((sum, unit) => sum + unit.rows.length, 0)
  const foldOf = new Uint16Array(rows)
  const next = [0, 0]
  for (const u of order) {
    const fold = next[windows[u]!]!++ % folds
    for (const row of units[u]!.rows) foldOf[row] = fold
  }
  return foldOf
}

function outOfFold(
  design: Design,
  y: Uint8Array,
  foldOf: Uint16Array,
  folds: number,
  learner: DomainLearner,
): Float64Array | Refusal {
  const z = new Float64Array(design.rows)
  for (let fold = 0; fold < folds; fold++) {
    const inside: number[] = []
    const outside: number[] = []
    for (let row = 0; row < design.rows; row++) (foldOf[row] === fold ? inside : outside).push(row)
    const train = takeRows(design, outside)
    const answer = learner(
      train,
      Uint8Array.from(outside, row => y[row]!),
      takeRows(design, inside),
    )
    if ('ok' in answer) return answer
    inside.forEach((row, i) => {
      z[row] = answer[i]!
    })
  }
  return z
}

function shuffled<A extends Uint8Array | Float64Array>(values: A, draw: Rng): A {
  const copy = values.slice() as A
  for (let i = copy.length - 1; i > 0; i--) {
    const j = draw.int(i + 1)
    const held = copy[i]!
    copy[i] = copy[j]!
    copy[j] = held
  }
  return copy
}
