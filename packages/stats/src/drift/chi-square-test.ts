import { type Refusal, refuse } from '../refusal.ts'
import { chiSquareSf } from '../special/chi-square.ts'

/** Are the rows of a table of counts alike? */
export interface ChiSquareTest {
  readonly ok: true
  readonly statistic: number
  readonly p: number
  readonly df: number
  /** Likelihood-ratio statistic of the same table, never corrected, and its p. */
  readonly g: number
  readonly gP: number
  /** Smallest expected count; below 5 the p-values are rough. */
  readonly leastExpected: number
  readonly n: number
  readonly method: 'chi_square' | 'chi_square_yates'
}

/**
 * Chi-square and G test of a table of counts (homogeneity of its rows, or independence).
 * @param table  rows of non-negative counts, all of one length; rows and columns of zeros are left out
 * @param options.yates continuity correction when df = 1 (default false)
 * @returns or `empty`, `not_finite`, `out_of_range`, `constant` (fewer than two rows or columns in use)
 * @throws RangeError rows of unequal length
 * @see Pearson 1900; Yates 1934 (never corrected past the expected count); fixture by SciPy
 * @example chiSquareTest([[30, 70], [45, 55]]) // statistic 4.8, df 1, p .0285
 */
export function chiSquareTest(
  table: readonly (readonly number[] | Float64Array)[],
  options: { readonly yates?: boolean } = {},
): ChiSquareTest | Refusal {
  const width = table[0]?.length ?? 0
  const rowSums: number[] = []
  const columnSums = new Float64Array(width)
  for (const row of table) {
    if (row.length !== width) throw new RangeError(`rows of ${width} and of ${row.length} cells`)
    let sum = 0
    for (let j = 0; j < width; j++) {
      const count = row[j]!
      if (!Number.isFinite(count)) return refuse('not_finite', j, width, `a count of column ${j} is not finite`)
      if (count < 0) return refuse('out_of_range', count, 0, `a count of column ${j} is negative`)
      sum += count
      columnSums[j]! += count
    }
    rowSums.push(sum)
  }
  const n = rowSums.reduce((sum, value) => sum + value, 0)
  if (n === 0) return refuse('empty', 0, 1, 'the table has no counts')
  const columns = columnSums.filter(sum => sum > 0).length
  const rows = rowSums.filter(sum => sum > 0).length
  const least = Math.min(rows, columns)
  if (least < 2) return refuse('constant', least, 2, 'all counts lie in one row or one column')
  const df = (rows - 1) * (columns - 1)
  const corrected = options.yates === true && df === 1
  let statistic = 0
  let g = 0
  let leastExpected = Infinity
  table.forEach((row, i) => {
    for (let j = 0; j < width; j++) {
      const expected = (rowSums[i]! * columnSums[j]!) / n
      if (expected === 0) continue
      leastExpected = Math.min(leastExpected, expected)
      const apart = Math.abs(row[j]! - expected)
      const gap = corrected ? apart - Math.min(0.5, apart) : apart
      statistic += (gap * gap) / expected
      if (row[j]! > 0) g += 2 * row[j]! * Math.log(row[j]! / expected)
    }
  })
  g = Math.max(0, g)
  const method = corrected ? 'chi_square_yates' : 'chi_square'
  const [p, gP] = [chiSquareSf(statistic, df), chiSquareSf(g, df)]
  return { ok: true, statistic, p, df, g, gP, leastExpected, n, method }
}
