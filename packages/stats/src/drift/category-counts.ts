import type { CellCounts } from './shares.ts'

/** Counts of every level seen in either sample. */
export interface CategoryCounts extends CellCounts {
  /** Level of each cell, most frequent in the reference first; a level new in the current sample has a cell of its own. */
  readonly levels: readonly string[]
}

/** The level under which missing values are counted. */
export const missingLevel = 'NA'

/**
 * Counts the levels of both samples over the same cells.
 * @param reference,current one level per row; null is missing and counted as `NA`
 */
export function categoryCounts(
  reference: readonly (string | null)[],
  current: readonly (string | null)[],
): CategoryCounts {
  const before = countLevels(reference)
  const after = countLevels(current)
  const levels = [...new Set([...before.keys(), ...after.keys()])].sort(
    (a, b) => (before.get(b) ?? 0) - (before.get(a) ?? 0) || (a < b ? -1 : 1),
  )
  return {
    levels,
    reference: Float64Array.from(levels, level => before.get(level) ?? 0),
    current: Float64Array.from(levels, level => after.get(level) ?? 0),
  }
}

function countLevels(values: readonly (string | null)[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value ?? missingLevel, (counts.get(value ?? missingLevel) ?? 0) + 1)
  return counts
}

/**
 * Puts rare cells together until every expected count is at least `leastExpected`, as the chi-square law wants it. The
 * pooled cell comes last; when it is itself too small it takes the next rarest cell in.
 * @returns the counts with fewer cells; possibly one cell, which no test can judge
 */
export function poolRareCells(counts: CellCounts, leastExpected = 5): CellCounts & { readonly pooled: number } {
  const { reference, current } = counts
  const n = reference.reduce((sum, value) => sum + value, 0)
  const m = current.reduce((sum, value) => sum + value, 0)
  // The smaller sample has the smaller expected counts.
  const smallerShare = Math.min(n, m) / (n + m)
  const expected = (k: number) => (reference[k]! + current[k]!) * smallerShare
  const rarestFirst = Array.from(reference, (_, k) => k).sort((a, b) => expected(a) - expected(b) || b - a)
  const pooled = new Set<number>()
  let inPool = 0
  for (const k of rarestFirst) {
    if (expected(k) >= leastExpected && (pooled.size === 0 || inPool >= leastExpected)) break
    pooled.add(k)
    inPool += expected(k)
  }
  if (pooled.size === 0) return { reference, current, pooled: 0 }
  const kept = Array.from(reference, (_, k) => k).filter(k => !pooled.has(k))
  const sumOf = (values: Float64Array) => values.reduce((sum, value, k) => sum + (pooled.has(k) ? value : 0), 0)
  return {
    reference: Float64Array.from([...kept.map(k => reference[k]!), sumOf(reference)]),
    current: Float64Array.from([...kept.map(k => current[k]!), sumOf(current)]),
    pooled: pooled.size,
  }
}
