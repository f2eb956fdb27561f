import { type Arena, binsPerColumn, spanWidth } from './arena.ts'

/**
 * Sums gradients and second derivatives of a node's rows per bin, for the columns from `from` to `to`. Rows are taken in
 * ascending order, so the sums do not depend on how columns are shared out.
 */
export function buildHistogram(arena: Arena, node: number, from: number, to: number): void {
  const { codes, slopes, order, histograms, spans, size } = arena
  const { columns } = size
  const begin = spans[node * spanWidth]!
  const end = spans[node * spanWidth + 1]!
  const first = (spans[node * spanWidth + 2]! * columns + from) * binsPerColumn * 2
  histograms.fill(0, first, first + (to - from) * binsPerColumn * 2)
  const width = to - from
  const whole = width & ~3
  for (let place = begin; place < end; place++) {
    const row = order[place]!
    const g = slopes[2 * row]!
    const h = slopes[2 * row + 1]!
    let at = row * columns + from
    let base = first
    const stop = at + whole
    while (at < stop) {
      const k0 = base + (codes[at]! << 1)
      const k1 = base + 512 + (codes[at + 1]! << 1)
      const k2 = base + 1024 + (codes[at + 2]! << 1)
      const k3 = base + 1536 + (codes[at + 3]! << 1)
      histograms[k0]! += g
      histograms[k0 + 1]! += h
      histograms[k1]! += g
      histograms[k1 + 1]! += h
      histograms[k2]! += g
      histograms[k2 + 1]! += h
      histograms[k3]! += g
      histograms[k3 + 1]! += h
      at += 4
      base += 2048
    }
    for (let j = whole; j < width; j++, at++, base += 512) {
      const k = base + (codes[at]! << 1)
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
