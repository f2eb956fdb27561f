import { type Refusal, refuse } from '../refusal.ts'
import type { ActionSide } from '../risk/certify-threshold.ts'

/** Share of all decisions that each cut holds, the loosest first: 1, 1/1.1, 1/1.1², …, 64 of them. */
export const recordShares: readonly number[] = shares(64)

function shares(cuts: number): readonly number[] {
  // By division and not by a power: powers with a fraction have other last bits on other engines.
  const found = [1]
  while (found.length < cuts) found.push(found.at(-1)! / 1.1)
  return found
}

/** What a version's cuts are made of at most, and at least. */
const newest = 2000
const fewest = 50

/** The cuts of one version for one action, frozen when it begins to serve; plain data. */
export interface RecordCuts {
  readonly ok: true
  readonly side: ActionSide
  /** Per cut, the loosest first: `yes` holds scores at or above it and rises, `no` those at or below it and falls. */
  readonly thresholds: readonly number[]
  /** Decisions they are made of. */
  readonly n: number
}

/**
 * The cuts of a version from scores alone, before any label is looked at: cut k holds the best of 1.1^-k of the newest
 * decisions, all that tie with the last of them, and nothing beyond the operator's own threshold.
 * @param scores by this version, of the decisions of the question, oldest first; the newest 2,000 count, those it was fitted
 *               on as well; NaN: no score, such a case counts for nothing
 * @param limit  the operator's threshold on the same scale; null: none
 * @returns      or `too_few` (fewer than 50 scored decisions: no case is in any cut)
 * @cost n log n
 */
export function recordCuts(scores: Float64Array, side: ActionSide, limit: number | null = null): RecordCuts | Refusal {
  if (limit !== null && !Number.isFinite(limit)) throw new RangeError(`a threshold must be finite, got ${limit}`)
  const scored = scores.filter(Number.isFinite).slice(-newest).sort()
  const n = scored.length
  if (n < fewest) return refuse('too_few', n, fewest, 'decisions are needed before there are cuts')
  const thresholds = recordShares.map(share => {
    // A hair less, so that a share which is a whole number of decisions is not rounded up by one.
    const place = Math.max(1, Math.ceil(share * n - 1e-9))
    const [own, stricter] =
      side === 'yes' ? ([scored[n - place]!, Math.max] as const) : ([scored[place - 1]!, Math.min] as const)
    return (limit === null ? own : stricter(own, limit)) + 0
  })
  return { ok: true, side, thresholds, n }
}

/**
 * The strictest cut that holds a case: what is kept with its decision, by the version that acts on it.
 * @param score NaN: no score
 * @returns     0 to 63; -1: none holds it
 */
export function cutOf({ side, thresholds }: Pick<RecordCuts, 'side' | 'thresholds'>, score: number): number {
  if (!Number.isFinite(score)) return -1
  const holds = (cut: number) => (side === 'yes' ? score >= thresholds[cut]! : score <= thresholds[cut]!)
  // Each cut lies within the one before it.
  let low = -1
  let high = thresholds.length
  while (low + 1 < high) {
    const middle = (low + high) >> 1
    if (holds(middle)) low = middle
    else high = middle
  }
  return low
}

/**
 * `cutOf` for many cases.
 * @param meets per case 1 where the further conditions of the action hold (a narrow interval, a lower bound); a case that
 *              misses one is in no cut
 */
export function cutsOf(cuts: RecordCuts, scores: Float64Array, meets?: Uint8Array): Int8Array {
  if (meets !== undefined && meets.length !== scores.length)
    throw new RangeError(`${scores.length} scores but ${meets.length} conditions`)
  return Int8Array.from(scores, (score, i) => (meets === undefined || meets[i] === 1 ? cutOf(cuts, score) : -1))
}

/**
 * Share of decisions that a cut covers: what a certificate prints, because ties, the operator's threshold and further
 * conditions make it another one than 1.1^-k.
 * @param cut    0 to 63
 * @param scores of the newest decisions, at most 2,000; those without a score count as not covered
 * @param meets  as for `cutsOf`
 * @returns      in [0, 1]; 0 for no decisions
 */
export function coveredShare(cuts: RecordCuts, cut: number, scores: Float64Array, meets?: Uint8Array): number {
  const covered = cutsOf(cuts, scores, meets).reduce((count, place) => count + (place >= cut ? 1 : 0), 0)
  return scores.length === 0 ? 0 : covered / scores.length
}
