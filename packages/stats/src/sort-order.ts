/** Bits of the 64-bit key looked at per pass: three passes over its lower word, three over its upper. */
const shifts = [0, 11, 22] as const
const digitCount = 1 << 11
const digitMask = digitCount - 1

/**
 * Row numbers in ascending order of value; rows of equal value keep their order, and -0 equals 0.
 * A radix sort on the bits of the doubles: O(n), several times as fast as a comparison sort at a million rows.
 * @param values finite numbers; not written to
 * @returns      permutation of 0..n-1
 */
export function ascendingOrder(values: Float64Array): Uint32Array {
  const n = values.length
  const low = new Uint32Array(n)
  const high = new Uint32Array(n)
  const one = new Float64Array(1)
  const [l, h] = littleEndian ? [0, 1] : [1, 0]
  const bits = new Uint32Array(one.buffer)
  for (let i = 0; i < n; i++) {
    one[0] = values[i]! + 0 // turns -0 into 0
    const upper = bits[h]!
    // Negative numbers grow downwards, so all their bits turn; of the others only the sign, to put them above.
    const negative = -(upper >>> 31)
    low[i] = bits[l]! ^ negative
    high[i] = upper ^ (negative | 0x80000000)
  }
  let rows = new Uint32Array(n)
  for (let i = 0; i < n; i++) rows[i] = i
  let nextRows = new Uint32Array(n)
  let keys = low
  let nextKeys = new Uint32Array(n)
  const counts = new Uint32Array(digitCount)
  for (const word of [low, high]) {
    if (word === high) {
      // The lower words are used up: from here on the upper ones travel with their rows.
      for (let k = 0; k < n; k++) keys[k] = high[rows[k]!]!
    }
    for (const shift of shifts) {
      if (!startsOfDigits(keys, shift, counts)) continue
      for (let k = 0; k < n; k++) {
        const key = keys[k]!
        const at = counts[(key >>> shift) & digitMask]!++
        nextKeys[at] = key
        nextRows[at] = rows[k]!
      }
      ;[keys, nextKeys] = [nextKeys, keys]
      ;[rows, nextRows] = [nextRows, rows]
    }
  }
  return rows
}

const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

/** Fills `counts` with where each digit's rows begin; false when all keys share one digit and nothing has to move. */
function startsOfDigits(keys: Uint32Array, shift: number, counts: Uint32Array): boolean {
  counts.fill(0)
  for (let k = 0; k < keys.length; k++) counts[(keys[k]! >>> shift) & digitMask]!++
  if (keys.length === 0 || counts[(keys[0]! >>> shift) & digitMask] === keys.length) return false
  let start = 0
  for (let digit = 0; digit < digitCount; digit++) {
    const count = counts[digit]!
    counts[digit] = start
    start += count
  }
  return true
}
