import { type Arena, binsPerColumn, spanWidth } from './arena.ts'

const rowsAbreast = 4

/**
 * Sums gradients and second derivatives of a node's rows per bin, for the columns from `from` to `to`. Rows are taken in
 * ascending order, so the sums do not depend on how columns are shared out. Four rows go abreast, column by column, each
 * bin still in the order of the rows: a quarter less time than row after row, whose loops of 14 columns are too short.
 */
export function buildHistogram(arena: Arena, node: number, from: number, to: number): void {
  const { codes, slopes, order, histograms, spans, size } = arena
  const { columns } = size
  const begin = spans[node * spanWidth]!
  const end = spans[node * spanWidth + 1]!
  const first = (spans[node * spanWidth + 2]! * columns + from) * binsPerColumn * 2
  const last = first + (to - from) * binsPerColumn * 2
  histograms.fill(0, first, last)
  let place = begin
  for (const whole = end - ((end - begin) % rowsAbreast); place < whole; place += rowsAbreast) {
    const a = order[place]!
    const b = order[place + 1]!
    const c = order[place + 2]!
    const d = order[place + 3]!
    const gA = slopes[2 * a]!
    const hA = slopes[2 * a + 1]!
    const gB = slopes[2 * b]!
    const hB = slopes[2 * b + 1]!
    const gC = slopes[2 * c]!
    const hC = slopes[2 * c + 1]!
    const gD = slopes[2 * d]!
    const hD = slopes[2 * d + 1]!
    let atA = a * columns + from
    let atB = b * columns + from
    let atC = c * columns + from
    let atD = d * columns + from
    for (let base = first; base < last; base += 2 * binsPerColumn) {
      const kA = base + (codes[atA++]! << 1)
      histograms[kA]! += gA
      histograms[kA + 1]! += hA
      const kB = base + (codes[atB++]! << 1)
      histograms[kB]! += gB
      histograms[kB + 1]! += hB
      const kC = base + (codes[atC++]! << 1)
      histograms[kC]! += gC
      histograms[kC + 1]! += hC
      const kD = base + (codes[atD++]! << 1)
      histograms[kD]! += gD
      histograms[kD + 1]! += hD
    }
  }
  for (; place < end; place++) {
    const row = order[place]!
    const g = slopes[2 * row]!
    const h = slopes[2 * row + 1]!
    let at = row * columns + from
    for (let base = first; base < last; base += 2 * binsPerColumn) {
      const k = base + (codes[at++]! << 1)
      histograms[k]! += g
      histograms[k + 1]! += h
    }
  }
}

/** The larger child's histogram is what remains of the parent's: it takes the parent's place. */
export function subtractHistogram(arena: Arena, small: number, large: number, from: number, to: number): void {
  const { histograms, spans, size } = arena
  const stride = size.columns * binsPerColumn * 2
  const offset = from * binsPerColumn * 2
  const length = (to - from) * binsPerColumn * 2
  let s = spans[small * spanWidth + 2]! * stride + offset
  let l = spans[large * spanWidth + 2]! * stride + offset
  for (const stop = l + length; l < stop; l++, s++) histograms[l]! -= histograms[s]!
}
