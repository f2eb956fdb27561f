/** Numbers kept in order, so that "how many are above this one" costs O(log n). */
export interface RankCounter {
  /** @throws RangeError for NaN */
  add(value: number): void
  /** Stored values strictly above. */
  above(value: number): number
  /** Stored values equal to this one (-0 equals 0). */
  equal(value: number): number
  size(): number
  /** All stored values, ascending. */
  values(): Float64Array
}

const none = -1

/**
 * An order-statistic tree (treap) over numbers, ties counted in one node. Its shape depends on the values and their order
 * only, never on chance: priorities are hashes of node numbers.
 * @param initial numbers to begin with; not kept
 */
export function rankCounter(initial: ArrayLike<number> = []): RankCounter {
  let room = 64
  let nodes = 0
  let root = none
  let values = new Float64Array(room)
  let left = new Int32Array(room)
  let right = new Int32Array(room)
  /** Values in the node, and in the whole tree below it, itself included. */
  let here = new Int32Array(room)
  let below = new Int32Array(room)

  const grow = (): void => {
    room *= 2
    const larger = <A extends Float64Array | Int32Array>(into: A, from: A): A => {
      into.set(from)
      return into
    }
    values = larger(new Float64Array(room), values)
    left = larger(new Int32Array(room), left)
    right = larger(new Int32Array(room), right)
    here = larger(new Int32Array(room), here)
    below = larger(new Int32Array(room), below)
  }
  const sizeOf = (node: number) => (node === none ? 0 : below[node]!)
  const recount = (node: number): void => {
    below[node] = here[node]! + sizeOf(left[node]!) + sizeOf(right[node]!)
  }
  const insert = (node: number, value: number): number => {
    if (node === none) {
      if (nodes === room) grow()
      values[nodes] = value
      left[nodes] = none
      right[nodes] = none
      here[nodes] = 1
      below[nodes] = 1
      return nodes++
    }
    if (value === values[node]!) {
      here[node]!++
      below[node]!++
      return node
    }
    if (value < values[node]!) {
      const child = insert(left[node]!, value)
      left[node] = child
      if (priority(child) > priority(node)) {
        left[node] = right[child]!
        right[child] = node
        recount(node)
        recount(child)
        return child
      }
    } else {
      const child = insert(right[node]!, value)
      right[node] = child
      if (priority(child) > priority(node)) {
        right[node] = left[child]!
        left[child] = node
        recount(node)
        recount(child)
        return child
      }
    }
    below[node]!++
    return node
  }
  const add = (value: number): void => {
    if (Number.isNaN(value)) throw new RangeError('a number was expected')
    root = insert(root, value + 0)
  }
  for (let i = 0; i < initial.length; i++) add(initial[i]!)
  return {
    add,
    above: value => {
      let count = 0
      for (let node = root; node !== none; ) {
        if (values[node]! > value) {
          count += here[node]! + sizeOf(right[node]!)
          node = left[node]!
        } else node = right[node]!
      }
      return count
    },
    equal: value => {
      for (let node = root; node !== none; node = value < values[node]! ? left[node]! : right[node]!) {
        if (values[node]! === value) return here[node]!
      }
      return 0
    },
    size: () => sizeOf(root),
    values: () => {
      const sorted = new Float64Array(sizeOf(root))
      let at = 0
      const path: number[] = []
      for (let node = root; node !== none || path.length > 0; ) {
        for (; node !== none; node = left[node]!) path.push(node)
        node = path.pop()!
        for (let k = 0; k < here[node]!; k++) sorted[at++] = values[node]!
        node = right[node]!
      }
      return sorted
    },
  }
}

/** A fixed pseudo-random order of the node numbers: what keeps the tree flat whatever order the values come in. */
function priority(node: number): number {
  let h = Math.imul(node + 1, 0x9e3779b1)
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return (h ^ (h >>> 15)) >>> 0
}
