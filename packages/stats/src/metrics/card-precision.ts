import { checkScored } from '../labels.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** One day of looking at the k most suspicious subjects. */
export interface CardPrecisionDay {
  readonly day: number
  /** Subjects of the day that were not found before. */
  readonly subjects: number
  readonly lookedAt: number
  readonly hits: number
  readonly precision: number
}

/** Mean over days of the share of right alerts among the k subjects looked at. */
export interface CardPrecision {
  readonly ok: true
  readonly value: number
  readonly k: number
  readonly n: number
  readonly days: readonly CardPrecisionDay[]
}

/**
 * Precision of the k subjects (cards, customers) a team can look at per day: per day the best score of each subject, the
 * k best of these, the share with a row of class 1 that day; subjects found leave later days. Mean over the days.
 *
 * Ties at the cut count with their expected value, and of such a group nobody leaves, for nobody is certain to be found.
 * A day with fewer subjects than k counts with those it has.
 * @param scores,y one per row
 * @param subjects a number per row that names its subject
 * @param days     a number per row that names its day; days are walked in ascending order
 * @param k        whole number of at least 1
 * @returns        or `empty`, `not_finite`, `out_of_range`
 * @throws RangeError arrays of unequal length
 * @see Le Borgne et al., Fraud Detection Handbook, chapter 4 (card precision top-k)
 */
export function cardPrecision(
  scores: Float64Array,
  y: Uint8Array,
  subjects: Uint32Array,
  days: Int32Array,
  k = 100,
): CardPrecision | Refusal {
  if (subjects.length !== y.length || days.length !== y.length) {
    throw new RangeError(`${y.length} labels, ${subjects.length} subjects and ${days.length} days`)
  }
  const counts = checkScored(scores, y)
  if ('ok' in counts) return counts
  if (!(Number.isSafeInteger(k) && k >= 1)) {
    return refuse('out_of_range', Number.isFinite(k) ? k : 0, 1, `k must be a whole number of at least 1, got ${k}`)
  }
  const rowsByDay = new Map<number, number[]>()
  for (let i = 0; i < counts.n; i++) {
    const rows = rowsByDay.get(days[i]!)
    if (rows) rows.push(i)
    else rowsByDay.set(days[i]!, [i])
  }
  const found = new Set<number>()
  const report: CardPrecisionDay[] = []
  for (const day of [...rowsByDay.keys()].sort((a, b) => a - b)) {
    const best = new Map<number, { score: number; hit: number }>()
    for (const row of rowsByDay.get(day)!) {
      const subject = subjects[row]!
      if (found.has(subject)) continue
      const known = best.get(subject)
      if (!known) best.set(subject, { score: scores[row]!, hit: y[row]! })
      else {
        known.score = Math.max(known.score, scores[row]!)
        known.hit = Math.max(known.hit, y[row]!)
      }
    }
    if (best.size > 0) report.push({ day, subjects: best.size, ...lookAt(best, k, found) })
  }
  const value = report.reduce((sum, { precision }) => sum + precision, 0) / report.length
  return { ok: true, value, k, n: counts.n, days: report }
}

/** Takes the k best of a day; subjects found for certain are added to `found`. */
function lookAt(best: ReadonlyMap<number, { score: number; hit: number }>, k: number, found: Set<number>) {
  const ranked = [...best].sort(([, a], [, b]) => b.score - a.score)
  const lookedAt = Math.min(k, ranked.length)
  let hits = 0
  for (let start = 0; start < lookedAt; ) {
    let end = start
    let tiedHits = 0
    while (end < ranked.length && ranked[end]![1].score === ranked[start]![1].score) tiedHits += ranked[end++]![1].hit
    const share = Math.min(1, (lookedAt - start) / (end - start))
    hits += tiedHits * share
    if (share === 1) for (const [subject, { hit }] of ranked.slice(start, end)) if (hit === 1) found.add(subject)
    start = end
  }
  return { lookedAt, hits, precision: hits / lookedAt }
}
