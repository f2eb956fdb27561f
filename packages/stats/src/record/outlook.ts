import { checkLevel } from '../level.ts'
import type { Refusal } from '../refusal.ts'
import { type ActionBudgets, recordEvidences } from './certify-record.ts'
import { type CutTotals, cutTotals, type RecordCounts } from './counts.ts'
import { recordShares } from './cuts.ts'
import { type ChainStart, certifyCuts } from './walk.ts'

/** What a record is looked through by. */
export interface RecordTerms {
  /** Where its walk begins; see `recordStarts`. */
  readonly starts: readonly ChainStart[]
  readonly budgets: ActionBudgets
  /** In (0, 1); see `recordDelta`. */
  readonly delta: number
}

/** What a record would certify. */
export interface Outlook {
  readonly ok: true
  /** Labelled rows more than there are. */
  readonly more: number
  /** Loosest cut, 0 to 63; null: none. */
  readonly loosest: number | null
  /** Share of the decisions that this cut holds, in [0, 1]; 0: none. */
  readonly share: number
}

/**
 * What a record would certify with so many more labelled rows, if they fall into its cuts and are wrong as those so far. An
 * expectation and no promise: the share of wrong ones so far is itself uncertain, more so the fewer there are.
 * @param more whole number >= 0, of rows wherever they lie
 * @returns    or `out_of_range` (delta outside (0, 1)); with nothing counted so far, what nothing certifies
 */
export function recordOutlook(counts: RecordCounts, more: number, terms: RecordTerms): Outlook | Refusal {
  if (!(Number.isInteger(more) && more >= 0)) throw new RangeError(`${more} more rows are not possible`)
  const totals = cutTotals(counts)
  return outlookOf(totals.all === 0 ? totals : grown(totals, 1 + more / totals.all), more, terms)
}

/** Reviews, and what they would certify. */
export interface UnlockingReviews {
  readonly ok: true
  /** Labelled rows inside the region that are still needed; null: not reachable with a million, as it goes now. */
  readonly reviews: number | null
  readonly loosest: number | null
  readonly share: number
}

const most = 1_000_000

/**
 * How many more labels of cases drawn evenly from a region certify something, or something looser than now, by the very rule
 * that certifies, if they are wrong as often as those so far at each cut. Where the region holds none yet, it is taken to be faultless:
 * the least that can do.
 * @param region its loosest cut, 0 to 63: only cuts within it are filled
 * @param beyond loosest cut certified already; null: none
 * @returns      or `out_of_range` (delta outside (0, 1))
 * @cost some forty walks: a few milliseconds
 */
export function reviewsToUnlock(
  counts: RecordCounts,
  region: number,
  beyond: number | null,
  terms: RecordTerms,
): UnlockingReviews | Refusal {
  if (!(Number.isInteger(region) && region >= 0 && region < recordShares.length))
    throw new RangeError(`there is no cut ${region}`)
  const problem = checkLevel(terms.delta, 'delta')
  if (problem) return problem
  const totals = cutTotals(counts)
  const after = (reviews: number): Outlook => {
    const found = outlookOf(reviewed(totals, region, reviews), reviews, terms)
    // Its only refusal was looked for above.
    if (!found.ok) throw new RangeError(found.detail)
    return found
  }
  const unlocks = ({ loosest }: Outlook): boolean => loosest !== null && (beyond === null || loosest < beyond)
  let high = 1
  while (!unlocks(after(high))) {
    if (high >= most) return { ok: true, reviews: null, loosest: null, share: 0 }
    high = Math.min(most, high * 2)
  }
  let low = high === 1 ? 0 : Math.floor(high / 2)
  // Counts are whole numbers, so that a little more may unlock less for a moment: near enough for an expectation.
  while (low + 1 < high) {
    const middle = (low + high) >> 1
    if (unlocks(after(middle))) high = middle
    else low = middle
  }
  const { loosest, share } = after(high)
  return { ok: true, reviews: high, loosest, share }
}

function outlookOf(totals: CutTotals, more: number, { starts, budgets, delta }: RecordTerms): Outlook | Refusal {
  const certified = certifyCuts(recordEvidences(totals, budgets), starts, delta)
  if (!certified.ok) return certified
  const { loosest } = certified
  return { ok: true, more, loosest, share: loosest === null ? 0 : recordShares[loosest]! }
}

const roundedUp = (value: number): number => Math.ceil(value - 1e-9)
const roundedDown = (value: number): number => Math.floor(value + 1e-9)

/** All rows by the same factor; wrong ones are rounded up, the others down. */
function grown({ rows, wrong, positives, all }: CutTotals, by: number): CutTotals {
  const more = rows.map(inside => roundedDown(inside * by))
  const bad = wrong.map((before, cut) => Math.min(more[cut]!, roundedUp(before * by)))
  // Of class 1 are, among what is cleared, the wrong ones: where the loosest cut holds them all, they are rounded as those are.
  return {
    rows: more,
    wrong: bad,
    positives: Math.max(bad[0]!, roundedDown(positives * by)),
    all: roundedDown(all * by),
  }
}

/** With reviews of cases drawn evenly from a region: each cut within it gets the part that it is of the region. */
function reviewed(totals: CutTotals, region: number, reviews: number): CutTotals {
  const { rows, wrong, positives, all } = totals
  const held = rows[region]!
  const partOf = (cut: number): number => (held > 0 ? rows[cut]! / held : recordShares[cut]! / recordShares[region]!)
  // Looser cuts are not what is drawn from: of them these reviews are no fair sample.
  const added = Float64Array.from(rows, (_, cut) => (cut < region ? 0 : reviews * partOf(cut)))
  const badShare = (cut: number): number => (rows[cut]! === 0 ? 0 : wrong[cut]! / rows[cut]!)
  const more = Uint32Array.from(rows, (inside, cut) => inside + roundedDown(added[cut]!))
  const bad = Uint32Array.from(wrong, (before, cut) =>
    Math.min(more[cut]!, before + roundedUp(added[cut]! * badShare(cut))),
  )
  // Of class 1 are, among what is cleared, the wrong ones.
  return { rows: more, wrong: bad, positives: positives + bad[region]! - wrong[region]!, all: all + reviews }
}
