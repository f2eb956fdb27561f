/** A growing list of numbers that is sorted at all times. */
export interface SortedScores {
  readonly length: number
  /** Puts one number in its place; O(log n) to find it and one block move, which stays cheap up to some 100,000. */
  insert(score: number): void
  /** The rank-th smallest, counted from 1; null when there is none. */
  at(rank: number): number | null
  /** How many are at most this. */
  countUpTo(score: number): number
  /** A sorted copy. */
  values(): Float64Array
}

/**
 * Starts from any numbers, which are copied and sorted.
 * @throws RangeError for NaN, here and at `insert`: a bug of the caller
 */
export function sortedScores(start: Float64Array = new Float64Array(0)): SortedScores {
  let length = start.length
  let room = new Float64Array(Math.max(16, length))
  room.set(start)
  room.subarray(0, length).sort()
  for (const score of start) refuseNaN(score)
  const countUpTo = (score: number) => {
    let low = 0
    let high = length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (room[middle]! <= score) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    get length() {
      return length
    },
    insert(score) {
      refuseNaN(score)
      if (length === room.length) {
        const wider = new Float64Array(2 * length)
        wider.set(room)
        room = wider
      }
      const at = countUpTo(score)
      room.copyWithin(at + 1, at, length)
      room[at] = score + 0
      length++
    },
    at: rank => (rank >= 1 && rank <= length ? room[rank - 1]! : null),
    countUpTo,
    values: () => room.slice(0, length),
  }
}

function refuseNaN(score: number): void {
  if (Number.isNaN(score)) throw new RangeError('a score was not a number')
}
