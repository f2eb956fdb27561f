import { clopperPearson } from '../intervals/clopper-pearson.ts'
import type { ShareInterval } from '../intervals/share-interval.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { holdsLabel } from './label-set.ts'

/** How label sets did on rows whose outcome is known. */
export interface CoverageReport {
  readonly ok: true
  readonly n: number
  /** Share of rows whose label was in the set, per class; null where the class has no row. */
  readonly coverage: readonly [ShareInterval | null, ShareInterval | null]
  /** Rows with the sets none, {0}, {1}, {0, 1}: their counts add up to n. */
  readonly kinds: readonly [number, number, number, number]
  /** Share of rows with both labels, which no rule can settle. */
  readonly undecided: number
}

/**
 * Coverage so far per class with its Clopper-Pearson interval, and the mix of sets.
 * @param sets one `LabelSet` per row
 * @param y    0 or 1 per row, same order
 * @returns    or `empty`, `out_of_range`
 */
export function coverageReport(sets: Uint8Array, y: Uint8Array, level = 0.95): CoverageReport | Refusal {
  if (sets.length !== y.length) throw new RangeError(`${sets.length} sets but ${y.length} labels`)
  if (y.length === 0) return refuse('empty', 0, 1, 'no rows')
  if (!(level > 0 && level < 1)) return refuse('out_of_range', 0, 1, `level must be in (0, 1), got ${level}`)
  const kinds: [number, number, number, number] = [0, 0, 0, 0]
  const rows: [number, number] = [0, 0]
  const covered: [number, number] = [0, 0]
  for (let i = 0; i < y.length; i++) {
    const set = sets[i]!
    const label = y[i]!
    if (set > 3 || label > 1)
      return refuse('out_of_range', Math.max(set, label), 3, `row ${i} is no label set or no label`)
    kinds[set as 0 | 1 | 2 | 3]++
    rows[label as 0 | 1]++
    if (holdsLabel(set, label)) covered[label as 0 | 1]++
  }
  const share = (label: 0 | 1) => {
    const interval = clopperPearson(covered[label], rows[label], level)
    return interval.ok ? interval : null
  }
  return { ok: true, n: y.length, coverage: [share(0), share(1)], kinds, undecided: kinds[3] / y.length }
}
