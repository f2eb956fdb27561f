import {
  fitMondrian,
  fitVennAbers,
  mondrianBatch,
  mondrianThresholds,
  predictVennAbers,
} from '../../packages/stats/src/index.ts'
import { answered, doubles, labels } from './inputs.ts'
import type { Task } from './tasks.ts'

/** Queries at which Venn-Abers is held to its definition; as in peer_certainty.py. */
const queries = 12

/** Venn-Abers and label sets on the files the peer has written. */
export function certaintyTasks(folder: string): readonly Task[] {
  const sets = { p: doubles(folder, 'sets.p'), y: labels(folder, 'sets.y') }
  return [
    vennAbers(folder, '20k'),
    vennAbers(folder, '100k', 150),
    {
      name: 'mondrian sets 100k + 100k',
      bar: 1,
      tolerance: 1e-12,
      notInDebian: 'MAPIE and crepes',
      run() {
        const fit = answered(fitMondrian(sets.p.subarray(0, 100_000), sets.y.subarray(0, 100_000), { alpha: 0.1 }))
        const batch = mondrianBatch(fit, sets.p.subarray(100_000))
        // Rows by set and label, four sets times two labels.
        const kinds = new Uint32Array(8)
        for (let i = 0; i < 100_000; i++) kinds[2 * batch[i]! + sets.y[100_000 + i]!]!++
        const [missed0 = 0, missed1 = 0, right0 = 0, , , right1 = 0, both0 = 0, both1 = 0] = kinds
        const [zero, one] = mondrianThresholds(fit, [])
        const both = both0 + both1
        return [right0 + right1 + both, both, missed0 + missed1].map(rows => rows / 100_000).concat(zero ?? 0, one ?? 0)
      },
    },
  ]
}

function vennAbers(folder: string, size: '20k' | '100k', limitMs = 50): Task {
  const p = doubles(folder, `ivap${size}.p`)
  const y = labels(folder, `ivap${size}.y`)
  const half = p.length / 2
  return {
    name: `venn-abers ${size} + ${size}`,
    bar: 1,
    limitMs,
    tolerance: 1e-12,
    notInDebian: 'venn-abers',
    run() {
      const fit = answered(fitVennAbers(p.subarray(0, half), y.subarray(0, half)))
      const { p0, p1 } = predictVennAbers(fit, p.subarray(half))
      return Array.from({ length: 2 * queries }, (_, i) => (i % 2 === 0 ? p0[i >> 1]! : p1[i >> 1]!))
    },
  }
}
