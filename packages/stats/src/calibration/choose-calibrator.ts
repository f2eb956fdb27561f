import { checkTwoClasses } from '../labels.ts'
import { logLoss } from '../metrics/log-loss.ts'
import { type Refusal, type RefusalCode, refuse } from '../refusal.ts'
import { type Calibrator, type CalibratorMethod, calibrate, calibratorMethods, fitCalibrator } from './calibrator.ts'
import { fitVennAbers, type VennAbers } from './venn-abers.ts'

/** One candidate's showing on the folds. */
export interface CalibratorTrial {
  readonly method: CalibratorMethod
  /** Mean over the folds of the log loss of rows later than those it was fitted on; null when it could not be fitted. */
  readonly loss: number | null
  /** How much more than the best, and the standard error of that difference over the folds (same folds, paired). */
  readonly excess: number | null
  readonly standardError: number | null
  /** Why it is out of the running. */
  readonly refused: RefusalCode | null
}

/** The chosen calibrator, fitted on all rows, and the Venn-Abers predictor that gives the interval whoever wins. */
export interface CalibratorChoice {
  readonly ok: true
  readonly method: CalibratorMethod
  readonly calibrator: Calibrator
  readonly interval: VennAbers
  readonly trials: readonly CalibratorTrial[]
  readonly folds: number
  /** Numbers of folds that were left out, because the rows before them or they themselves had one class only. */
  readonly skipped: readonly number[]
  readonly n: number
}

/**
 * Chooses among the model's own probability, Platt, clipped isotonic and Venn-Abers by log loss on folds in order of
 * time: each fold is judged by calibrators fitted on the rows before it. The simplest candidate wins whose loss is
 * within one standard error of the best.
 * @param z raw scores on the logit scale, one per row, oldest row first
 * @param y 0 or 1 per row, same order
 * @param options.folds   how many folds are judged, 3 to 20 (default 5); one more slice is used for fitting only
 * @param options.gapRows rows left out before each fold, as many as come in while outcomes are awaited (default 0)
 * @returns      or `empty`, `one_class`, `not_finite`, `out_of_range`, `too_few` (fewer than 3 usable folds)
 * @see Hastie, Tibshirani & Friedman, 7.10 (one-standard-error rule)
 */
export function chooseCalibrator(
  z: Float64Array,
  y: Uint8Array,
  options: { readonly folds?: number; readonly gapRows?: number } = {},
): CalibratorChoice | Refusal {
  const counts = checkTwoClasses(z, y)
  if ('ok' in counts) return counts
  const folds = options.folds ?? 5
  const gapRows = options.gapRows ?? 0
  if (!(Number.isInteger(folds) && folds >= 3 && folds <= 20))
    throw new RangeError(`folds must be 3 to 20, got ${folds}`)
  if (!(Number.isInteger(gapRows) && gapRows >= 0)) throw new RangeError(`gapRows must be 0 or more, got ${gapRows}`)

  const lossesOf = new Map<CalibratorMethod, number[]>(calibratorMethods.map(method => [method, []]))
  const refusedOf = new Map<CalibratorMethod, RefusalCode>()
  const skipped: number[] = []
  for (let fold = 1; fold <= folds; fold++) {
    const from = Math.floor((fold * counts.n) / (folds + 1))
    const to = Math.floor(((fold + 1) * counts.n) / (folds + 1))
    const until = Math.max(0, from - gapRows)
    const before = { z: z.subarray(0, until), y: y.subarray(0, until) }
    const judged = { z: z.subarray(from, to), y: y.subarray(from, to) }
    if ('ok' in checkTwoClasses(before.z, before.y) || 'ok' in checkTwoClasses(judged.z, judged.y)) {
      skipped.push(fold)
      continue
    }
    for (const method of calibratorMethods) {
      const fit = fitCalibrator(method, before.z, before.y)
      const loss = fit.ok ? logLoss(calibrate(fit, judged.z), judged.y) : fit
      if (loss.ok) lossesOf.get(method)!.push(loss.value)
      else refusedOf.set(method, loss.code)
    }
  }
  const used = folds - skipped.length
  if (used < 3) return refuse('too_few', used, 3, 'fewer than three folds have both classes before and in them')

  const losses = new Map([...lossesOf].filter(([method]) => !refusedOf.has(method)))
  const best = [...losses.values()].reduce((a, b) => (mean(b) < mean(a) ? b : a))
  const trials = calibratorMethods.map((method): CalibratorTrial => {
    const own = losses.get(method)
    if (!own) return { method, loss: null, excess: null, standardError: null, refused: refusedOf.get(method) ?? null }
    const difference = own.map((loss, fold) => loss - best[fold]!)
    return { method, loss: mean(own), excess: mean(difference), standardError: errorOfMean(difference), refused: null }
  })
  const interval = fitVennAbers(z, y)
  if (!interval.ok) return interval
  for (const { method, excess, standardError } of trials) {
    if (excess === null || standardError === null || excess > standardError) continue
    const calibrator = method === 'venn_abers' ? interval : fitCalibrator(method, z, y)
    // A candidate may rank on the early rows and not on all of them; then the next one is asked.
    if (calibrator.ok) return { ok: true, method, calibrator, interval, trials, folds: used, skipped, n: counts.n }
  }
  return { ok: true, method: 'venn_abers', calibrator: interval, interval, trials, folds: used, skipped, n: counts.n }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function errorOfMean(values: readonly number[]): number {
  const centre = mean(values)
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1) / values.length)
}
