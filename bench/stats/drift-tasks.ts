import { benjaminiHochberg, cbpe, fitLabelFree, ksTwoSample, psi, wasserstein } from '../../packages/stats/src/index.ts'
import { answered, doubles, labels } from './inputs.ts'
import type { Task } from './tasks.ts'

/** Drift and label-free estimates beside scipy, statsmodels and numpy; the peer's side is peer_drift.py. */
export function driftTasks(folder: string): readonly Task[] {
  const [a, b, p] = [doubles(folder, 'drift.a'), doubles(folder, 'drift.b'), doubles(folder, 'drift.p')]
  const [score, y] = [doubles(folder, 'drift.score'), labels(folder, 'drift.y')]
  const half = 250_000
  const said = Uint8Array.from(score, value => (value >= 0.5 ? 1 : 0))
  return [
    { name: 'ks 1M + 1M', bar: 1, tolerance: 1e-12, run: () => [answered(ksTwoSample(a, b)).d] },
    { name: 'wasserstein 1M + 1M', bar: 0.6, tolerance: 1e-12, run: () => [answered(wasserstein(a, b)).distance] },
    { name: 'psi 10 bins 1M + 1M', bar: 1, tolerance: 1e-12, run: () => [answered(psi(a, b)).value] },
    {
      name: 'benjamini-hochberg 100k',
      bar: 0.5,
      tolerance: 1e-12,
      run: () => {
        const { adjusted } = answered(benjaminiHochberg(p))
        let rejected = 0
        let sum = 0
        for (let i = 0; i < adjusted.length; i++) {
          if (adjusted[i]! <= 0.05) rejected++
          sum += adjusted[i]!
        }
        return [rejected, sum / adjusted.length]
      },
    },
    {
      name: 'cbpe 250k + 250k, 3 figures',
      bar: 1,
      tolerance: 1e-12,
      notInDebian: 'NannyML',
      run: () => {
        const first = <A extends Float64Array | Uint8Array>(values: A) => values.subarray(0, half) as A
        const reference = answered(fitLabelFree(first(score), first(y), first(said)))
        const estimate = answered(cbpe(reference, score.subarray(half), said.subarray(half)))
        return [estimate.auc, estimate.accuracy, estimate.f1].map(figure => answered(figure).value)
      },
    },
  ]
}
