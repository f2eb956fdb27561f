import { type Arena, answerWidth, binsPerColumn, columnsPerGroup, groupsOf, nodeWidth, spanWidth } from './arena.ts'
import { mostOneHot, noEvidence, type Rules } from './rules.ts'

/**
 * Finds the best split of a node among the columns of a group and writes it to its place in `answers`. Equal gains go to
 * the first column, then the lowest cut, then missing values to the right.
 */
export function findSplit(arena: Arena, rules: Rules, node: number, group: number): void {
  const { columns } = arena.size
  const best = new Float64Array(answerWidth)
  const to = Math.min(columns, (group + 1) * columnsPerGroup)
  for (let column = group * columnsPerGroup; column < to; column++) {
    if (arena.allowed[column] === 0) continue
    if (rules.categorical[column]) searchLevels(arena, rules, node, column, best)
    else if (rules.monotone.length > 0) searchBounded(arena, rules, node, column, best)
    else searchCuts(arena, rules, node, column, best)
  }
  arena.answers.set(best, (node * groupsOf(columns) + group) * answerWidth)
}

const placeOf = ({ spans, size }: Arena, node: number, column: number) =>
  (spans[node * spanWidth + 2]! * size.columns + column) * binsPerColumn * 2

/** Gain of every cut with missing values to the right and to the left; leaves are free to take any value. */
function searchCuts(arena: Arena, rules: Rules, node: number, column: number, best: Float64Array): void {
  const { histograms, nodes } = arena
  const { lambda, minChildWeight } = rules
  const count = arena.counts[column]!
  const start = placeOf(arena, node, column)
  const g = nodes[node * nodeWidth]!
  const h = nodes[node * nodeWidth + 1]!
  const missingG = histograms[start + 2 * count]!
  const missingH = histograms[start + 2 * count + 1]!
  const anyMissing = missingH > noEvidence
  const atRest = (g * g) / (h + lambda)
  // With missing values the cut above the last bin parts them from all others.
  const cuts = anyMissing ? count : count - 1
  let top = best[0]!
  let topBin = -1
  let topLeft = 0
  let leftG = 0
  let leftH = 0
  for (let bin = 0, k = start; bin < cuts; bin++, k += 2) {
    leftG += histograms[k]!
    leftH += histograms[k + 1]!
    const rightH = h - leftH
    if (leftH >= minChildWeight && rightH >= minChildWeight) {
      const rightG = g - leftG
      const gain = (leftG * leftG) / (leftH + lambda) + (rightG * rightG) / (rightH + lambda) - atRest
      if (gain > top) {
        top = gain
        topBin = bin
        topLeft = 0
        best[4] = leftG
        best[5] = leftH
      }
    }
    if (anyMissing) {
      const withG = leftG + missingG
      const withH = leftH + missingH
      const restH = h - withH
      if (withH >= minChildWeight && restH >= minChildWeight) {
        const restG = g - withG
        const gain = (withG * withG) / (withH + lambda) + (restG * restG) / (restH + lambda) - atRest
        if (gain > top) {
          top = gain
          topBin = bin
          topLeft = 1
          best[4] = withG
          best[5] = withH
        }
      }
    }
  }
  if (topBin < 0) return
  best[0] = top
  best[1] = column
  best[2] = topBin
  // No missing value seen here: the way of the heavier side.
  best[3] = anyMissing ? topLeft : best[5]! * 2 >= h ? 1 : 0
}

/** The same where leaf values are held within the node's bounds and must rise or fall with the column. */
function searchBounded(arena: Arena, rules: Rules, node: number, column: number, best: Float64Array): void {
  const { histograms } = arena
  const count = arena.counts[column]!
  const start = placeOf(arena, node, column)
  const missingG = histograms[start + 2 * count]!
  const missingH = histograms[start + 2 * count + 1]!
  const anyMissing = missingH > noEvidence
  const cuts = anyMissing ? count : count - 1
  let leftG = 0
  let leftH = 0
  for (let bin = 0, k = start; bin < cuts; bin++, k += 2) {
    leftG += histograms[k]!
    leftH += histograms[k + 1]!
    offer(arena, rules, node, column, bin, anyMissing ? 0 : -1, leftG, leftH, best)
    if (anyMissing) offer(arena, rules, node, column, bin, 1, leftG + missingG, leftH + missingH, best)
  }
}

/** Few levels: each alone against the rest. Many: ordered by leaf value, where the best two groups are neighbours. */
function searchLevels(arena: Arena, rules: Rules, node: number, column: number, best: Float64Array): void {
  const { histograms } = arena
  const count = arena.counts[column]!
  const start = placeOf(arena, node, column)
  const missingG = histograms[start + 2 * count]!
  const missingH = histograms[start + 2 * count + 1]!
  const anyMissing = missingH > noEvidence
  const oneHot = count <= mostOneHot
  const levels = levelOrder(arena, rules, node, column)
  let leftG = 0
  let leftH = 0
  for (let k = 0; k < levels.length; k++) {
    const at = start + 2 * levels[k]!
    leftG = oneHot ? histograms[at]! : leftG + histograms[at]!
    leftH = oneHot ? histograms[at + 1]! : leftH + histograms[at + 1]!
    offer(arena, rules, node, column, k, anyMissing ? 0 : -1, leftG, leftH, best)
    if (anyMissing) offer(arena, rules, node, column, k, 1, leftG + missingG, leftH + missingH, best)
  }
}

/** Compares one candidate with the best so far; `missingLeft` -1 stands for the heavier side. */
function offer(
  arena: Arena,
  rules: Rules,
  node: number,
  column: number,
  bin: number,
  missingLeft: number,
  leftG: number,
  leftH: number,
  best: Float64Array,
): void {
  const { nodes } = arena
  const { lambda, minChildWeight, monotone } = rules
  const at = node * nodeWidth
  const g = nodes[at]!
  const h = nodes[at + 1]!
  const rightG = g - leftG
  const rightH = h - leftH
  if (!(leftH >= minChildWeight && rightH >= minChildWeight)) return
  const low = nodes[at + 2]!
  const high = nodes[at + 3]!
  const left = Math.min(high, Math.max(low, -leftG / (leftH + lambda)))
  const right = Math.min(high, Math.max(low, -rightG / (rightH + lambda)))
  const direction = monotone[column] ?? 0
  if (direction * (right - left) < 0) return
  const whole = Math.min(high, Math.max(low, -g / (h + lambda)))
  const gain =
    lowering(leftG, leftH + lambda, left) + lowering(rightG, rightH + lambda, right) - lowering(g, h + lambda, whole)
  if (!(gain > best[0]!)) return
  best[0] = gain
  best[1] = column
  best[2] = bin
  best[3] = missingLeft >= 0 ? missingLeft : leftH * 2 >= h ? 1 : 0
  best[4] = leftG
  best[5] = leftH
}

/** Twice the loss a leaf of this value takes away, by the second-order expansion. */
function lowering(g: number, h: number, value: number): number {
  return -(2 * g * value + h * value * value)
}

/** Levels present in the node: ascending by number, or beyond `mostOneHot` levels by leaf value, then number. */
export function levelOrder(arena: Arena, rules: Rules, node: number, column: number): number[] {
  const { histograms } = arena
  const count = arena.counts[column]!
  const start = placeOf(arena, node, column)
  const levels: number[] = []
  for (let level = 0; level < count; level++) if (histograms[start + 2 * level + 1]! > noEvidence) levels.push(level)
  if (count <= mostOneHot) return levels
  const value = (level: number) => histograms[start + 2 * level]! / (histograms[start + 2 * level + 1]! + rules.lambda)
  return levels.sort((a, b) => value(a) - value(b) || a - b)
}
