/** Sum of a bucket's values and of their squared distances from the bucket's mean; how many they are follows from its row. */
interface Bucket {
  readonly sum: number
  readonly squares: number
}

/** What a window keeps; plain JSON, so that a stream survives a restart. */
export interface AdwinState {
  /** Row r holds buckets of 2^r values, oldest first; later rows are older. */
  readonly rows: readonly (readonly Bucket[])[]
  readonly width: number
  readonly sum: number
  readonly squares: number
  /** Values seen since the beginning, dropped ones included. */
  readonly seen: number
}

/** A window that forgets the past as soon as it contradicts the present. */
export interface Adwin {
  /**
   * Takes one value in.
   * @param value finite number, of the order of [0, 1]: the bound of the test assumes a bounded range of about 1
   * @returns true when the window was cut, that is, the mean has changed
   * @throws RangeError when the value is not finite
   */
  add(value: number): boolean
  /** Mean of the window; null while it is empty. */
  mean(): number | null
  /** Values in the window. */
  width(): number
  state(): AdwinState
}

/** How to watch. */
export interface AdwinOptions {
  /** The smaller, the fewer and the later the cuts; in (0, 1). */
  readonly delta?: number
  readonly from?: AdwinState
  /**
   * Tests only: leaves the newest bucket of every row out, a known slip of two widely used libraries, to show that it is
   * what makes them report extra changes.
   */
  readonly skipNewestBuckets?: boolean
}

const bucketsPerRow = 5
const clock = 32
const leastWidth = 10
const leastSide = 6

/**
 * ADWIN: detects a change of the mean of a stream without a horizon or a window size chosen beforehand. Values are kept
 * in buckets of 1, 2, 4, ... (at most five of a size), so memory and time per value are O(log width). Every 32 values all
 * borders between buckets are tried, from the oldest on; where the means of both sides differ by more than
 * √(2·m·variance·d) + ⅔·m·d, with m = 1/(n0 - 4) + 1/(n1 - 4) and d = ln(2·ln(width)/delta), the oldest bucket is
 * dropped and the search begins again.
 * @throws RangeError when delta is not in (0, 1)
 * @see Bifet & Gavaldà 2007; fixture: changes published by CapyMOA
 * @example const window = adwin({ delta: 0.002 }); window.add(0) // false
 */
export function adwin(options: AdwinOptions = {}): Adwin {
  const delta = options.delta ?? 0.002
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta must be in (0, 1), got ${delta}`)
  const rows: Bucket[][] = options.from?.rows.map(row => [...row]) ?? []
  let width = options.from?.width ?? 0
  let sum = options.from?.sum ?? 0
  let squares = options.from?.squares ?? 0
  let seen = options.from?.seen ?? 0

  const insert = (value: number): void => {
    if (width > 0) squares += (width * (value - sum / width) ** 2) / (width + 1)
    width++
    sum += value
    rows[0] ??= []
    rows[0].push({ sum: value, squares: 0 })
    for (let r = 0; rows[r]!.length > bucketsPerRow; r++) {
      const [a, b] = rows[r]!.splice(0, 2)
      rows[r + 1] ??= []
      rows[r + 1]!.push(merged(a!, b!, 2 ** r))
    }
  }
  const dropOldest = (): void => {
    const last = rows.length - 1
    const { sum: gone, squares: inside } = rows[last]!.shift()!
    const n = 2 ** last
    width -= n
    sum -= gone
    squares = Math.max(0, squares - inside - (n * width * (gone / n - sum / width) ** 2) / (n + width))
    while (rows.length > 0 && rows.at(-1)!.length === 0) rows.pop()
  }
  const somethingChanged = (): boolean => {
    const d = Math.log((2 * Math.log(width)) / delta)
    const variance = squares / width
    let n0 = 0
    let sum0 = 0
    for (let r = rows.length - 1; r >= 0; r--) {
      const row = rows[r]!
      // Left out means left on the newer side: older values are then compared as if they were new.
      const visited = options.skipNewestBuckets ? row.length - 1 : row.length
      for (let k = 0; k < visited; k++) {
        n0 += 2 ** r
        sum0 += row[k]!.sum
        // The newest bucket of all has nothing on its other side.
        if (r === 0 && k === row.length - 1) break
        const n1 = width - n0
        if (n0 <= leastSide || n1 <= leastSide) continue
        const m = 1 / (n0 - 4) + 1 / (n1 - 4)
        const bound = Math.sqrt(2 * m * variance * d) + (2 / 3) * m * d
        if (Math.abs(sum0 / n0 - (sum - sum0) / n1) > bound) return true
      }
    }
    return false
  }
  return {
    add: value => {
      if (!Number.isFinite(value)) throw new RangeError(`a finite number was expected, got ${value}`)
      insert(value)
      seen++
      let changed = false
      if (seen % clock === 0) {
        while (width > leastWidth && somethingChanged()) {
          dropOldest()
          changed = true
        }
      }
      return changed
    },
    mean: () => (width === 0 ? null : sum / width),
    width: () => width,
    state: () => ({ rows: rows.map(row => [...row]), width, sum, squares, seen }),
  }
}

function merged(a: Bucket, b: Bucket, each: number): Bucket {
  const gap = (a.sum - b.sum) / each
  return { sum: a.sum + b.sum, squares: a.squares + b.squares + (each / 2) * gap * gap }
}
