import { type Refusal, refuse } from '../refusal.ts'
import { checkSample } from './sample.ts'

/** Cells of equal width that a large sample is spread over to find its order statistics without sorting all of it. */
const cells = 4096
const sortBelow = 20_000

/**
 * Inner edges of bins of equal mass: the k/bins quantiles of the sample, linear between order statistics (NumPy's
 * default), equal edges merged. Bin of a value = number of edges <= value. When many values are equal to the smallest one
 * it is an edge itself, and the bin below it is empty: values below all that was known get a bin of their own.
 * @param sample finite numbers, any order
 * @param bins   whole number from 2 to 1000
 * @returns      ascending edges, 1 to bins - 1 of them; or `empty`, `not_finite`,
 *               `out_of_range`. O(n)
 * @see Hyndman & Fan 1996 (definition 7)
 * @example quantileEdges(Float64Array.of(0, 1, 2, 3, 4), 4) // { ok: true, edges: 1, 2, 3 }
 */
export function quantileEdges(
  sample: Float64Array,
  bins: number,
): { readonly ok: true; readonly edges: Float64Array } | Refusal {
  if (!(Number.isInteger(bins) && bins >= 2 && bins <= 1000))
    return refuse('out_of_range', Number.isFinite(bins) ? bins : 0, 2, 'bins must be a whole number from 2 to 1000')
  const problem = checkSample(sample, 'reference')
  if (problem) return problem
  const n = sample.length
  const ranks: number[] = []
  for (let k = 1; k < bins; k++) {
    const at = (k * (n - 1)) / bins
    ranks.push(Math.floor(at), Math.min(n - 1, Math.floor(at) + 1))
  }
  const found = orderStatistics(sample, ranks)
  const edges: number[] = []
  for (let k = 1; k < bins; k++) {
    const at = (k * (n - 1)) / bins
    const [low, high] = [found[2 * k - 2]!, found[2 * k - 1]!]
    const share = at - Math.floor(at)
    // Written so that the edge never leaves [low, high] by rounding, and equal neighbours give exactly themselves.
    const edge = low === high ? low : share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share)
    if (edge !== edges.at(-1)) edges.push(edge + 0)
  }
  return { ok: true, edges: Float64Array.from(edges) }
}

/** Values of the given ranks (0 = smallest, not falling). Counts cells first and sorts only those that are asked for. */
function orderStatistics(values: Float64Array, ranks: readonly number[]): readonly number[] {
  const n = values.length
  if (n < sortBelow) {
    const sorted = Float64Array.from(values).sort()
    return ranks.map(rank => sorted[rank]!)
  }
  let least = Infinity
  let most = -Infinity
  for (let i = 0; i < n; i++) {
    const value = values[i]!
    if (value < least) least = value
    if (value > most) most = value
  }
  const perUnit = cells / (most - least)
  if (!(Number.isFinite(perUnit) && perUnit > 0)) {
    const sorted = Float64Array.from(values).sort()
    return ranks.map(rank => sorted[rank]!)
  }
  const cellOf = (value: number) => Math.min(cells - 1, ((value - least) * perUnit) | 0)
  const starts = new Uint32Array(cells + 1)
  for (let i = 0; i < n; i++) starts[cellOf(values[i]!) + 1]!++
  for (let c = 0; c < cells; c++) starts[c + 1]! += starts[c]!
  const wanted = new Map<number, Float64Array>()
  const cellOfRank = (rank: number) => {
    let low = 0
    let high = cells
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (starts[middle]! <= rank) low = middle
      else high = middle
    }
    return low
  }
  for (const rank of ranks) {
    const cell = cellOfRank(rank)
    if (!wanted.has(cell)) wanted.set(cell, new Float64Array(starts[cell + 1]! - starts[cell]!))
  }
  const filled = new Uint32Array(cells)
  const isWanted = new Uint8Array(cells)
  for (const cell of wanted.keys()) isWanted[cell] = 1
  for (let i = 0; i < n; i++) {
    const cell = cellOf(values[i]!)
    if (isWanted[cell] === 1) wanted.get(cell)![filled[cell]!++] = values[i]!
  }
  for (const inside of wanted.values()) inside.sort()
  return ranks.map(rank => {
    const cell = cellOfRank(rank)
    return wanted.get(cell)![rank - starts[cell]!]!
  })
}
