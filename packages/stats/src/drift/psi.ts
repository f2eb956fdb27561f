import { type Refusal, refuse } from '../refusal.ts'
import { chiSquarePpf, chiSquareSf } from '../special/chi-square.ts'
import { quantileEdges } from './quantile-edges.ts'
import { checkSamples } from './sample.ts'
import { type CellCounts, checkCounts } from './shares.ts'

/** Population stability index with its law under no change. */
export interface Psi {
  readonly ok: true
  /** Σ (q - p)·ln(q/p) over bins; 0 = equal. */
  readonly value: number
  /** Chance of at least that much when nothing changed: value ~ (1/n + 1/m)·chi2(bins - 1). */
  readonly p: number
  /** The value that no change exceeds in 5 % of cases at these sizes: below it a PSI is noise. */
  readonly noise95: number
  /** Bins with a reference or a current value in them. */
  readonly bins: number
  readonly n: number
  readonly m: number
  readonly method: 'psi'
}

/** What to put in place of an empty bin, whose logarithm does not exist. */
export interface PsiOptions {
  /** Default: half a value in each empty bin. A number is the least share any bin is given, as some reports do. */
  readonly leastShare?: number
}

/**
 * PSI of counted cells.
 * @param counts  values per bin, reference and current, same bins
 * @returns or `empty`, `too_few` (less than one value), `not_finite`, `out_of_range`, `constant` (one bin in use)
 * @throws RangeError different numbers of bins
 * @see Yurdakul 2018 (law); fixture by NumPy
 */
export function psiOfCounts(counts: CellCounts, options: PsiOptions = {}): Psi | Refusal {
  const { leastShare } = options
  if (leastShare !== undefined && !(leastShare > 0 && leastShare < 1))
    return refuse('out_of_range', 0, 1, 'leastShare must be in (0, 1)')
  const sums = checkCounts(counts)
  if ('ok' in sums) return sums
  const { n, m } = sums
  const fewest = Math.min(n, m)
  if (fewest < 1 - 1e-9) return refuse('too_few', fewest, 1, 'each sample needs a count of at least 1')
  const shareOf = (count: number, all: number) =>
    leastShare === undefined ? (count === 0 ? 0.5 : count) / all : Math.max(leastShare, count / all)
  let bins = 0
  let value = 0
  for (let k = 0; k < counts.reference.length; k++) {
    const [r, c] = [counts.reference[k]!, counts.current[k]!]
    if (r === 0 && c === 0) continue
    bins++
    const [p, q] = [shareOf(r, n), shareOf(c, m)]
    value += (q - p) * Math.log(q / p)
  }
  if (bins < 2) return refuse('constant', bins, 2, 'all values lie in one bin')
  const scale = 1 / n + 1 / m
  const p = chiSquareSf(value / scale, bins - 1)
  return { ok: true, value, p, noise95: scale * chiSquarePpf(0.95, bins - 1), bins, n, m, method: 'psi' }
}

/**
 * PSI of two samples of a number over the deciles of the reference (equal deciles merged).
 * @param reference,current finite numbers, any order
 * @param bins    how many bins of equal mass to aim at (default 10)
 * @returns or `empty`, `not_finite`, `out_of_range`, `constant` (all values in one bin). O(n·bins)
 * @example psi(reference, current).noise95 // .034 for 1,000 against 1,000; .34 for 100 against 100
 */
export function psi(reference: Float64Array, current: Float64Array, bins = 10): Psi | Refusal {
  const cut = quantileEdges(reference, bins)
  if (!cut.ok) return cut
  const problem = checkSamples(reference, current)
  if (problem) return problem
  return psiOfCounts({ reference: countBins(reference, cut.edges), current: countBins(current, cut.edges) })
}

/**
 * Values per bin; bin of a value = number of edges <= value.
 * @param edges ascending
 * @returns     edges.length + 1 counts
 */
export function countBins(values: Float64Array, edges: Float64Array): Float64Array {
  const counts = new Float64Array(edges.length + 1)
  // Cells of equal width over the edges, each with the first bin its values can be in: most searches end at once.
  const last = edges.length - 1
  const perUnit = cells / (edges[last]! - edges[0]!)
  const [least, scale] = perUnit > 0 && perUnit < Infinity ? [edges[0]!, perUnit] : [0, 0]
  const firstBin = new Int32Array(cells + 2)
  for (let cell = 1, bin = 0; cell < cells + 2; cell++) {
    while (bin <= last && (edges[bin]! - least) * scale < cell - 1) bin++
    firstBin[cell] = scale === 0 ? 0 : bin
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    const at = (value - least) * scale
    // Cell 0 is below all edges, cell `cells + 1` at or beyond the last.
    let bin = firstBin[at < 0 ? 0 : at < cells ? (at | 0) + 1 : cells + 1]!
    while (bin <= last && edges[bin]! <= value) bin++
    counts[bin]!++
  }
  return counts
}

const cells = 256
