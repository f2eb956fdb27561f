import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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

/** One line of the bench: our side, how near the values must be to the peer's, and the bar for ours / peer. */
export interface Task {
  readonly name: string
  readonly bar: number
  readonly tolerance: number
  run(): readonly number[]
}

/** All tasks on the files the peer has written to the folder. */
export function benchTasks(folder: string): readonly Task[] {
  const doubles = (name: string) => {
    const bytes = readFileSync(join(folder, name))
    return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8)
  }
  const labels = (name: string) => Uint8Array.from(readFileSync(join(folder, name)))
  const p = doubles('scores.p')
  const y = labels('scores.y')
  const [a, b, ab] = [doubles('delong.a'), doubles('delong.b'), labels('delong.y')]
  const small = { x: denseDesign(doubles('lr40k.x'), 40_000, 20), y: labels('lr40k.y') }
  const large = { x: denseDesign(doubles('lr1m.x'), 1_000_000, 10), y: labels('lr1m.y') }
  const logistic = (data: typeof small) => {
    const fit = answered(fitLogistic(data.x, data.y, { c: 1, tolerance: 1e-6 }))
    return [...fit.coefficients, fit.intercept]
  }
  const curve = answered(fitIsotonic(p, y, { raw: true }))
  return [
    { name: 'logistic 40k x 20', bar: 1.5, tolerance: 1e-6, run: () => logistic(small) },
    { name: 'logistic 1M x 10', bar: 1.5, tolerance: 1e-6, run: () => logistic(large) },
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
  ]
}

function answered<R extends { readonly ok: boolean }>(result: R): Extract<R, { readonly ok: true }> {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result)}`)
  return result as Extract<R, { readonly ok: true }>
}
