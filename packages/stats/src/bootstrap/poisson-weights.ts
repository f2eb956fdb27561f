import type { Rng } from '../rng.ts'

/** Chance of at most k under Poisson(1), k = 0..17; beyond that nothing of a 53-bit uniform is left. */
const cumulative = (() => {
  const table: number[] = []
  let term = Math.exp(-1)
  let sum = 0
  for (let k = 0; k < 18; k++) {
    sum += term
    table.push(sum)
    term /= k + 1
  }
  return table
})()

/** One Poisson(1) count by inversion of one uniform. */
export function poissonOne(rng: Rng): number {
  const u = rng.uniform()
  let k = 0
  while (k < cumulative.length && u >= cumulative[k]!) k++
  return k
}

/** Rows of each subject as positions 0, 1, ... in order of first appearance. */
export interface SubjectIndex {
  readonly count: number
  /** One position per row. */
  readonly ofRow: Uint32Array
}

/** Numbers the subjects of the rows; any numbers may name them. */
export function indexSubjects(subjects: ArrayLike<number>): SubjectIndex {
  const positions = new Map<number, number>()
  const ofRow = new Uint32Array(subjects.length)
  for (let i = 0; i < subjects.length; i++) {
    const name = subjects[i]!
    let position = positions.get(name)
    if (position === undefined) {
      position = positions.size
      positions.set(name, position)
    }
    ofRow[i] = position
  }
  return { count: positions.size, ofRow }
}
