import {
  averagePrecision,
  brier,
  delongPaired,
  denseDesign,
  expectedCalibrationError,
  fitIsotonic,
  fitLogistic,
  logLoss,
  predictIsotonic,
  rocAuc,
} from '../../packages/stats/src/index.ts'
import { certaintyTasks } from './certainty-tasks.ts'
import { driftTasks } from './drift-tasks.ts'
import { answered, doubles, labels } from './inputs.ts'
import { rowTasks } from './row-tasks.ts'

/** One line of the bench: our side, how near the values must be to the peer's, and the bar for ours / peer. */
export interface Task {
  readonly name: string
  readonly bar: number
  /** For a peer that cannot be had: our own time, in ms, is held to this instead; values are still compared. */
  readonly limitMs?: number
  readonly tolerance: number
  /** Our values may be smaller than the peer's by any amount (a loss). */
  readonly atMost?: boolean
  /** Packages the same was measured with elsewhere and that no Debian release has. */
  readonly notInDebian?: string
  run(): readonly number[]
}

/** All tasks on the files the peer has written to the folder. */
export function benchTasks(folder: string): readonly Task[] {
  const p = doubles(folder, 'scores.p')
  const y = labels(folder, 'scores.y')
  const [a, b, ab] = [doubles(folder, 'delong.a'), doubles(folder, 'delong.b'), labels(folder, 'delong.y')]
  const small = { x: denseDesign(doubles(folder, 'lr40k.x'), 40_000, 20), y: labels(folder, 'lr40k.y') }
  const large = { x: denseDesign(doubles(folder, 'lr1m.x'), 1_000_000, 10), y: labels(folder, 'lr1m.y') }
  const logistic = (data: typeof small) => {
    const fit = answered(fitLogistic(data.x, data.y, { c: 1, tolerance: 1e-6 }))
    return [...fit.coefficients, fit.intercept]
  }
  const curve = answered(fitIsotonic(p, y, { raw: true }))
  return [
    { name: 'logistic 40k x 20', bar: 1, tolerance: 1e-6, run: () => logistic(small) },
    { name: 'logistic 1M x 10', bar: 1, tolerance: 1e-6, run: () => logistic(large) },
    { name: 'roc auc 1M', bar: 0.6, tolerance: 1e-12, run: () => [answered(rocAuc(p, y)).value] },
    { name: 'average precision 1M', bar: 0.6, tolerance: 1e-12, run: () => [answered(averagePrecision(p, y)).value] },
    { name: 'brier 1M', bar: 1, tolerance: 1e-12, run: () => [answered(brier(p, y)).value] },
    { name: 'log loss 1M', bar: 1, tolerance: 1e-12, run: () => [answered(logLoss(p, y)).value] },
    { name: 'ece 15 bins 1M', bar: 1, tolerance: 1e-12, run: () => [answered(expectedCalibrationError(p, y)).value] },
    {
      name: 'isotonic fit 1M',
      bar: 1,
      tolerance: 0,
      run: () => [answered(fitIsotonic(p, y, { raw: true })).scores.length],
    },
    {
      name: 'isotonic predict 1M',
      bar: 1,
      tolerance: 1e-12,
      run: () => [predictIsotonic(curve, p).reduce((sum, value) => sum + value, 0) / p.length],
    },
    { name: 'delong pair 100k', bar: 1, tolerance: 1e-9, run: () => [answered(delongPaired(a, b, ab)).z] },
    ...certaintyTasks(folder),
    ...driftTasks(folder),
    ...rowTasks(folder),
  ]
}
