import { expMinus } from '../../special/exp-minus.ts'
import { type Arena, spanWidth } from './arena.ts'

/** Adds a leaf's value to the rows in it and renews their gradients and second derivatives. */
export function settleLeaf(arena: Arena, node: number): void {
  const { order, margin, spans, leafValues, y, weights, slopes, size } = arena
  const { weighted } = size
  const value = leafValues[node]!
  const end = spans[node * spanWidth + 1]!
  for (let place = spans[node * spanWidth]!; place < end; place++) {
    const row = order[place]!
    const z = margin[row]! + value
    margin[row] = z
    writeSlopes(slopes, row, z, y[row]!, weighted ? weights[row]! : 1)
  }
}

/** Gradient and second derivative of the log loss at the row's margin. */
export function renewSlopes({ y, weights, margin, slopes, size }: Arena, row: number): void {
  writeSlopes(slopes, row, margin[row]!, y[row]!, size.weighted ? weights[row]! : 1)
}

/** Gradient w(p - y) and second derivative w·p(1 - p) at p = 1/(1 + exp(-z)). */
function writeSlopes(slopes: Float64Array, row: number, z: number, y: number, w: number): void {
  const e = expMinus(z < 0 ? -z : z)
  const large = 1 / (1 + e)
  const small = e / (1 + e)
  slopes[2 * row] = w * ((z < 0 ? small : large) - y)
  slopes[2 * row + 1] = w * small * large
}
