import {
  compileLinear,
  denseDesign,
  type Encoder,
  fitLogistic,
  learnOnline,
  logLoss,
  onlineProbability,
  startOnlineLogistic,
} from '../../packages/stats/src/index.ts'
import { answered, doubles, labels } from './inputs.ts'
import type { Task } from './tasks.ts'

const rows = 1000
const columns = 20

/** One row at a time, as a server does it; the peer's side is peer_rows.py. */
export function rowTasks(folder: string): readonly Task[] {
  const values = doubles(folder, 'lr40k.x')
  const y = labels(folder, 'lr40k.y')
  const row = (i: number) => values.subarray(i * columns, (i + 1) * columns)
  const fit = answered(fitLogistic(denseDesign(values, y.length, columns), y, { c: Infinity, tolerance: 1e-9 }))
  const plain = { kind: 'standard', mean: 0, std: 1, min: -5, max: 5, missing: false } as const
  const encoders = Array.from({ length: columns }, (_, k): Encoder => ({ ...plain, name: `x${k}` }))
  const model = compileLinear(encoders, fit.coefficients, fit.intercept)
  const raw = Array.from({ length: rows }, (_, i) => Array.from(row(i)))
  return [
    {
      name: 'score one row of 20, 1000 times',
      bar: 0.25,
      tolerance: 1e-6,
      run: () => raw.map(values => 1 / (1 + Math.exp(-model.score(values).z))),
    },
    {
      name: 'learn one row of 20, 1000 times',
      bar: 0.25,
      // Another way to learn, so not the same numbers: the rows that follow must be said no worse.
      tolerance: 0,
      atMost: true,
      run: () => {
        let online = startOnlineLogistic(columns)
        for (let i = 0; i < rows; i++) online = answered(learnOnline(online, row(i), y[i]!)).model
        const p = Float64Array.from({ length: rows }, (_, i) => onlineProbability(online, row(rows + i)))
        return [answered(logLoss(p, y.subarray(rows, 2 * rows))).value]
      },
    },
  ]
}
