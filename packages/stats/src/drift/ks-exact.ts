/**
 * Exact chance, when nothing has changed, that two samples without ties lie at least as far apart as `steps`.
 *
 * Every way to merge the samples is a path over a lattice from (0, 0) to (n, m), all equally likely. The value at (i, j)
 * is the share of paths to (i, j) that have left the band |i·m - j·n| < steps: 1 outside of it, and inside
 * `left(i-1, j)·i/(i+j) + left(i, j-1)·j/(i+j)`. Only positive terms are added, so small answers keep all their digits.
 * With ties the answer is an upper bound.
 * @param n,m   sizes, whole numbers of at least 1
 * @param steps D·n·m as a whole number: largest |i·m - j·n| seen
 * @returns     in [0, 1]; O(n·m·D) time, O(m) memory
 * @see Hodges 1958; Kim & Jennrich 1973; fixture by SciPy
 */
export function ksExactP(n: number, m: number, steps: number): number {
  if (steps <= 0) return 1
  // Only the band is walked: left of it every cell is 1 already, right of it none has been touched yet.
  const left = new Float64Array(m + 1).fill(1)
  for (let j = 0; j <= m && j * n < steps; j++) left[j] = 0
  for (let i = 1; i <= n; i++) {
    const first = Math.max(0, Math.floor((i * m - steps) / n) + 1)
    const last = Math.min(m, Math.ceil((i * m + steps) / n) - 1)
    if (first > 0) left[first - 1] = 1
    let before = first === 0 ? 0 : 1
    for (let j = first; j <= last; j++) {
      before = (left[j]! * i + before * j) / (i + j)
      left[j] = before
    }
  }
  return left[m]!
}
