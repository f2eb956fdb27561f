/** Steps of the curves of a calibrator, by ascending score. */
export interface Steps {
  readonly scores: Float64Array
  readonly p0: Float64Array
  readonly p1: Float64Array
}

/** Steps that a calibrator in memory has at most: with 100,000 rows and rare positives there are ten times as many. */
export const mostSteps = 2_000

/**
 * The same curves with at most `most` steps. Whatever is left out, bounds only widen: the lower one of a score is that of the
 * last step at or below it, the upper one that of the first at or above it, and both curves rise. Neighbours between which
 * the curves hardly rise are merged: of each such run the first and the last step stay, so that no bound moves by more than
 * the curves rise within a run, and a jump stays where it is.
 */
export function fewerSteps(steps: Steps, most: number = mostSteps): Steps {
  const n = steps.scores.length
  if (n <= most) return steps
  const { p0, p1 } = steps
  const rise = p0[n - 1]! - p0[0]! + (p1[n - 1]! - p1[0]!)
  // With this much a run, there are at most (most / 2) runs; a smaller one is looked for that has room too.
  let enough = rise / (Math.floor(most / 2) - 1)
  let tooFew = 0
  for (let round = 0; round < 20; round++) {
    const middle = (enough + tooFew) / 2
    if (keptAt(steps, middle).length <= most) enough = middle
    else tooFew = middle
  }
  const kept = keptAt(steps, enough)
  const of = (values: Float64Array) => Float64Array.from(kept, i => values[i]!)
  return { scores: of(steps.scores), p0: of(p0), p1: of(p1) }
}

/** The first and the last step of every run within which the curves rise by no more than that. */
function keptAt({ p0, p1 }: Steps, budget: number): readonly number[] {
  const kept: number[] = []
  const n = p0.length
  for (let first = 0; first < n; ) {
    let last = first
    while (last + 1 < n && p0[last + 1]! - p0[first]! + (p1[last + 1]! - p1[first]!) <= budget) last++
    kept.push(first)
    if (last > first) kept.push(last)
    first = last + 1
  }
  return kept
}
