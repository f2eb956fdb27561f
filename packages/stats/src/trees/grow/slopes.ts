import { expMinus } from '../../special/exp-minus.ts'
import { type Arena, spanWidth } from './arena.ts'

/** Adds a leaf's value to the rows in it and renews their gradients and second derivatives. */
export function settleLeaf(arena: Arena, node: number): void {
  const { order, margin, spans, leafValues } = arena
  const value = leafValues[node]!
  const end = spans[node * spanWidth + 1]!
  for (let place = spans[node * spanWidth]!; place < end; place++) {
    const row = order[place]!
    margin[row]! += value
    renewSlopes(arena, row)
  }
}

/** Gradient w(p - y) and second derivative w·p(1 - p) of the log loss at the row's margin. */
export function renewSlopes({ y, weights, margin, slopes, size }: Arena, row: number): void {
  const z = margin[row]!
  const e = expMinus(z < 0 ? -z : z)
  const small = e / (1 + e)
  const p = z < 0 ? small : 1 / (1 + e)
  const w = size.weighted ? weights[row]! : 1
  slopes[2 * row] = w * (p - y[row]!)
  slopes[2 * row + 1] = w * small * (1 / (1 + e))
}
