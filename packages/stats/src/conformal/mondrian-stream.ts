import type { Refusal } from '../refusal.ts'
import { conformalRank } from './conformal-rank.ts'
import { type LabelSet, labelScore } from './label-set.ts'
import {
  type BinPath,
  binKey,
  binKeys,
  type MondrianCell,
  type MondrianOptions,
  type MondrianSets,
  mondrianPlan,
  mondrianSet,
} from './mondrian.ts'
import { type SortedScores, sortedScores } from './sorted-scores.ts'

/** Label sets that take in outcomes one by one and are the same at every moment as a fit on all of them. */
export interface MondrianStream {
  readonly ok: true
  /** Takes in the outcome of one row: O(log n) per bin of its path, and a block move. */
  insert(p: number, y: 0 | 1, path?: BinPath): void
  /** The label set of a new row. */
  set(p: number, path?: BinPath): LabelSet
  /** The present thresholds as plain data; equal to `fitMondrian` on the rows so far. */
  sets(): MondrianSets
}

/**
 * Starts without rows: every set is {0, 1} until a class has enough of them.
 * @returns or `out_of_range` for an alpha or delta outside (0, 1)
 */
export function mondrianStream(options: Omit<MondrianOptions, 'bins'>): MondrianStream | Refusal {
  const plan = mondrianPlan(options)
  if (!plan.ok) return plan
  const scores = new Map<string, readonly [SortedScores, SortedScores]>([
    [binKey([]), [sortedScores(), sortedScores()]],
  ])
  const cells: Record<string, MondrianCell> = { [binKey([])]: { n: [0, 0], threshold: [null, null] } }
  let n = 0
  const current = (): MondrianSets => ({ ...plan, cells, n, method: 'mondrian' })
  return {
    ok: true,
    insert(p, y, path = []) {
      if (!(p >= 0 && p <= 1)) throw new RangeError(`a probability was expected, got ${p}`)
      for (const key of [binKey([]), ...binKeys(path)]) {
        const cell = scores.get(key) ?? [sortedScores(), sortedScores()]
        scores.set(key, cell)
        cell[y].insert(labelScore(p, y))
        const limit = (label: 0 | 1) =>
          cell[label].at(conformalRank(cell[label].length, plan.alpha[label], plan.delta) ?? 0)
        cells[key] = { n: [cell[0].length, cell[1].length], threshold: [limit(0), limit(1)] }
      }
      n++
    },
    set: (p, path = []) => mondrianSet(current(), p, path),
    sets: () => ({ ...current(), cells: { ...cells } }),
  }
}
