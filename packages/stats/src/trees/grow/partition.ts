import { type Arena, binsPerColumn, spanWidth } from './arena.ts'

/** Parts a node's rows by its chosen split, each side keeping its order, and answers how many went left. */
export function partitionRows(arena: Arena, node: number): number {
  const { codes, order, spans, chosen, chosenColumn, size } = arena
  const { columns, rows } = size
  const begin = spans[node * spanWidth]!
  const end = spans[node * spanWidth + 1]!
  const column = chosenColumn[node]!
  const flags = node * binsPerColumn
  let left = begin
  let aside = rows + begin
  for (let place = begin; place < end; place++) {
    const row = order[place]!
    // Both places are written and one of them is kept: cheaper than a branch nobody can foresee.
    const goesLeft = chosen[flags + codes[row * columns + column]!]!
    order[left] = row
    order[aside] = row
    left += goesLeft
    aside += 1 - goesLeft
  }
  order.copyWithin(left, rows + begin, aside)
  return left - begin
}
