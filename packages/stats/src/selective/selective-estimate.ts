import { type Refusal, refuse } from '../refusal.ts'
import { normalPpf } from '../special/normal.ts'

/** What was seen, and with which chance it was going to be: one entry per case, in the same order. */
export interface SelectiveRows {
  /** The outcome or loss, any finite number; read only where `seen` is 1. */
  readonly value: Float64Array
  readonly seen: Uint8Array
  /** Chance, in [0, 1], with which the policy was going to look at the case, known before it looked. */
  readonly propensity: Float64Array
}

/** A mean over all cases, estimated from those that were looked at. */
export interface SelectiveEstimate {
  readonly ok: true
  readonly value: number
  readonly standardError: number
  /** Normal interval. */
  readonly lower: number
  readonly upper: number
  readonly level: number
  /** All cases, and those seen. */
  readonly n: number
  readonly seen: number
  /** How many equally weighted cases the seen ones are worth. */
  readonly effectiveSize: number
  /** Seen cases whose weight was cut. */
  readonly clipped: number
  readonly method: SelectiveMethod
}

export type SelectiveMethod = 'inverse_propensity' | 'self_normalised' | 'doubly_robust'

export interface SelectiveOptions {
  /** Default: self-normalised, or doubly robust where a prediction is given. */
  readonly method?: SelectiveMethod
  /** Largest weight, at least 1 (default 50); Infinity leaves all as they are. */
  readonly clip?: number
  /** In (0, 1), default .95. */
  readonly level?: number
  /** For doubly robust: what a model expects the value of each case to be, seen or not. */
  readonly predicted?: Float64Array
}

/**
 * Mean over all cases although the machine decided which ones were seen. Weights are 1/propensity: consistent up to the clip
 * if the propensities are right and nowhere 0.
 *
 * `inverse_propensity`: Σ w·value / n. `self_normalised` (default): Σ w·value / Σ w, which never leaves the range of the
 * values. `doubly_robust`: mean of prediction + w·(value - prediction), right if either propensities or predictions are.
 * @returns or `empty`, `too_few` (fewer than 2 seen), `not_finite`, `out_of_range`, `low_overlap` (cases the policy could
 *          not see; have and need: cases with a chance, all cases)
 * @see Horvitz & Thompson 1952; Swaminathan & Joachims 2015; Robins, Rotnitzky & Zhao 1994
 */
export function selectiveEstimate(rows: SelectiveRows, options: SelectiveOptions = {}): SelectiveEstimate | Refusal {
  const { value, seen, propensity } = rows
  const n = value.length
  if (seen.length !== n || propensity.length !== n) throw new RangeError('value, seen and propensity differ in length')
  const { predicted } = options
  if (predicted && predicted.length !== n) throw new RangeError(`${predicted.length} predictions for ${n} cases`)
  const method = options.method ?? (predicted ? 'doubly_robust' : 'self_normalised')
  if (method === 'doubly_robust' && !predicted) throw new RangeError('doubly robust needs predictions')
  const clip = options.clip ?? 50
  const level = options.level ?? 0.95
  if (!(clip >= 1)) throw new RangeError(`clip must be at least 1, got ${clip}`)
  if (n === 0) return refuse('empty', 0, 1, 'no cases')
  if (!(level > 0 && level < 1))
    return refuse('out_of_range', Number.isFinite(level) ? level : 0, 1, 'level is not in (0, 1)')
  const problem = checkRows(rows, predicted)
  if (problem) return problem

  const weights = new Float64Array(n)
  let count = 0
  let clipped = 0
  for (let i = 0; i < n; i++) {
    if (seen[i] === 0) continue
    count++
    const weight = 1 / propensity[i]!
    if (weight > clip) clipped++
    weights[i] = Math.min(clip, weight)
  }
  if (count < 2) return refuse('too_few', count, 2, 'fewer than two cases were seen')

  let sumW = 0
  let sumWW = 0
  let mean = 0
  for (let i = 0; i < n; i++) {
    sumW += weights[i]!
    sumWW += weights[i]! ** 2
  }
  const guess = method === 'doubly_robust' ? predicted! : null
  for (let i = 0; i < n; i++) {
    const own = seen[i] === 1 ? weights[i]! * (value[i]! - (guess ? guess[i]! : 0)) : 0
    mean += own + (guess ? guess[i]! : 0)
  }
  mean /= method === 'self_normalised' ? sumW : n
  let squares = 0
  for (let i = 0; i < n; i++) {
    if (method === 'self_normalised') squares += (weights[i]! * (seen[i] === 1 ? value[i]! - mean : 0)) ** 2
    else {
      const base = guess ? guess[i]! : 0
      squares += (base + (seen[i] === 1 ? weights[i]! * (value[i]! - base) : 0) - mean) ** 2
    }
  }
  const standardError = Math.sqrt(squares) / (method === 'self_normalised' ? sumW : n)
  const reach = normalPpf((1 + level) / 2) * standardError
  return {
    ok: true,
    value: mean,
    standardError,
    lower: mean - reach,
    upper: mean + reach,
    level,
    n,
    seen: count,
    effectiveSize: (sumW * sumW) / sumWW,
    clipped,
    method,
  }
}

function checkRows({ value, seen, propensity }: SelectiveRows, predicted: Float64Array | undefined): Refusal | null {
  const n = value.length
  let reachable = 0
  for (let i = 0; i < n; i++) {
    if (!(propensity[i]! >= 0 && propensity[i]! <= 1) || seen[i]! > 1) {
      return refuse('out_of_range', i, n, `case ${i} has no propensity in [0, 1], or is neither seen nor unseen`)
    }
    if (seen[i] === 1 && propensity[i] === 0) {
      return refuse('out_of_range', i, n, `case ${i} was seen although its propensity is 0`)
    }
    if ((seen[i] === 1 && !Number.isFinite(value[i]!)) || (predicted && !Number.isFinite(predicted[i]!))) {
      return refuse('not_finite', i, n, `the value or the prediction of case ${i} is not a finite number`)
    }
    if (propensity[i]! > 0) reachable++
  }
  return reachable === n
    ? null
    : refuse('low_overlap', reachable, n, `${n - reachable} cases had no chance of being seen: nothing speaks for them`)
}
