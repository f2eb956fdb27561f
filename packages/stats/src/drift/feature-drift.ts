import type { Refusal } from '../refusal.ts'
import { categoryCounts, poolRareCells } from './category-counts.ts'
import { type ChiSquareTest, chiSquareTest } from './chi-square-test.ts'
import { type JensenShannon, jensenShannon } from './jensen-shannon.ts'
import { type KsOptions, type KsTwoSample, ksTwoSample } from './ks.ts'
import { type Psi, psi } from './psi.ts'
import { type Wasserstein, wasserstein } from './wasserstein.ts'

/** Everything that is said about one number: evidence by KS, size by D, Wasserstein per sigma and PSI. */
export interface NumericDrift {
  readonly kind: 'numeric'
  readonly ks: KsTwoSample | Refusal
  readonly wasserstein: Wasserstein | Refusal
  readonly psi: Psi | Refusal
}

/** Everything that is said about one category: evidence by chi-square over pooled levels, size by Jensen-Shannon. */
export interface CategoricalDrift {
  readonly kind: 'categorical'
  readonly chiSquare: ChiSquareTest | Refusal
  readonly jensenShannon: JensenShannon | Refusal
  /** Levels of the current sample that the reference never had, with their rows. */
  readonly newLevels: readonly { readonly level: string; readonly rows: number }[]
  /** Rare levels that the test sees as one. */
  readonly pooledLevels: number
}

/**
 * How far a number has moved. Each statistic answers or refuses by itself: a constant reference has a KS but no scale.
 * @param reference,current finite numbers; leave missing ones out and watch their share as a category
 */
export function numericDrift(reference: Float64Array, current: Float64Array, options: KsOptions = {}): NumericDrift {
  return {
    kind: 'numeric',
    ks: ksTwoSample(reference, current, options),
    wasserstein: wasserstein(reference, current),
    psi: psi(reference, current),
  }
}

/**
 * How far the mix of levels has moved.
 * @param reference,current one level per row, null is missing and a level of its own
 */
export function categoricalDrift(
  reference: readonly (string | null)[],
  current: readonly (string | null)[],
): CategoricalDrift {
  const counts = categoryCounts(reference, current)
  const pooled = poolRareCells(counts)
  return {
    kind: 'categorical',
    chiSquare: chiSquareTest([pooled.reference, pooled.current]),
    jensenShannon: jensenShannon(counts),
    newLevels: counts.levels.flatMap((level, k) =>
      counts.reference[k] === 0 ? [{ level, rows: counts.current[k]! }] : [],
    ),
    pooledLevels: pooled.pooled,
  }
}
