import type { Tree } from '../tree-model.ts'
import { type Arena, answerWidth, binsPerColumn, groupsOf, nodesOf, nodeWidth, spanWidth } from './arena.ts'
import { levelOrder } from './find-split.ts'
import { type Phase, phase, rowsPerBlock } from './phases.ts'
import { mostOneHot, type Rules } from './rules.ts'

/** Has all tasks of a phase done, by whoever is there, and returns when the last one is. */
export type RunPhase = (kind: Phase, tasks: number) => void

/** What a tree is grown with besides the rules of splitting. */
export interface Growth {
  readonly learningRate: number
  readonly minChildRows: number
  /** Value of each cut, to be written into the tree: cuts[column][bin]. */
  readonly cuts: readonly Float64Array[]
}

/** A tree under construction: what of a node is known on the thread that leads. */
interface Draft {
  readonly left: number[]
  readonly feature: number[]
  readonly threshold: number[]
  readonly missingLeft: number[]
  readonly value: number[]
  readonly cover: number[]
  readonly sets: number[][]
  /** Levels that go left at splits that are chosen but not yet made. */
  readonly pending: Map<number, number[]>
}

/**
 * Grows one tree level by level on the rows in `order[0..rows)`, adds it to all margins and renews the gradients.
 * @param rows number of rows of this tree's sample
 */
export function growTree(arena: Arena, rules: Rules, growth: Growth, rows: number, run: RunPhase): Tree {
  const { agenda, nodes, spans, size, children } = arena
  const draft: Draft = {
    left: [],
    feature: [],
    threshold: [],
    missingLeft: [],
    value: [],
    cover: [],
    sets: [],
    pending: new Map(),
  }
  const groups = groupsOf(size.columns)
  const freeSlots = Array.from({ length: Math.max(0, 2 ** (size.maxDepth - 1) - 1) }, (_, k) => k + 1).reverse()
  children.fill(0, 0, nodesOf(size.maxDepth))
  writeRoot(arena, rows)
  addNode(draft, arena, 0)
  let active: number[] = []
  if (size.maxDepth > 0 && size.columns > 0 && rows >= 2 * growth.minChildRows) {
    agenda[0] = 0
    agenda[1] = -1
    run(phase.search, groups)
    active = [0]
  }
  for (let depth = 0; active.length > 0; depth++) {
    const splits: number[] = []
    for (const node of active) {
      if (chooseSplit(arena, rules, growth, draft, node, groups)) splits.push(node)
      else freeSlots.push(spans[node * spanWidth + 2]!)
    }
    splits.forEach((node, k) => {
      agenda[k] = node
    })
    run(phase.part, splits.length)
    const next: number[] = []
    let pairs = 0
    const wanting: { parent: number; small: number; large: number }[] = []
    splits.forEach((node, k) => {
      const begin = spans[node * spanWidth]!
      const end = spans[node * spanWidth + 1]!
      const middle = begin + arena.results[k]!
      const slot = spans[node * spanWidth + 2]!
      if (Math.min(middle - begin, end - middle) < Math.max(1, growth.minChildRows)) {
        freeSlots.push(slot)
        return
      }
      const [first, second] = openChildren(arena, rules, draft, node, groups, [begin, middle, end])
      const canSplit = (child: number) =>
        spans[child * spanWidth + 1]! - spans[child * spanWidth]! >= Math.max(2, 2 * growth.minChildRows) &&
        nodes[child * nodeWidth + 1]! >= 2 * rules.minChildWeight
      if (depth + 1 >= size.maxDepth || !(canSplit(first) || canSplit(second))) {
        freeSlots.push(slot)
        return
      }
      const firstIsSmall = middle - begin <= end - middle
      wanting.push({ parent: node, small: firstIsSmall ? first : second, large: firstIsSmall ? second : first })
      next.push(first, second)
    })
    // The largest first: who takes the last task keeps the others waiting for it.
    wanting.sort((a, b) => rowsIn(arena, b.small) - rowsIn(arena, a.small))
    for (const { parent, small, large } of wanting) {
      spans[large * spanWidth + 2] = spans[parent * spanWidth + 2]!
      spans[small * spanWidth + 2] = freeSlots.pop()!
      agenda[2 * pairs] = small
      agenda[2 * pairs + 1] = large
      pairs++
    }
    if (pairs > 0) run(phase.search, pairs * groups)
    active = next
  }
  return settle(arena, rules, growth, draft, rows, run)
}

const rowsIn = ({ spans }: Arena, node: number) => spans[node * spanWidth + 1]! - spans[node * spanWidth]!

function writeRoot(arena: Arena, rows: number): void {
  const { nodes, order, slopes, spans } = arena
  let g = 0
  let h = 0
  // Block sums first: a plain running sum of a million terms would lose digits.
  for (let from = 0; from < rows; from += 256) {
    let blockG = 0
    let blockH = 0
    for (let place = from, to = Math.min(rows, from + 256); place < to; place++) {
      blockG += slopes[2 * order[place]!]!
      blockH += slopes[2 * order[place]! + 1]!
    }
    g += blockG
    h += blockH
  }
  nodes.set([g, h, -Infinity, Infinity])
  spans.set([0, rows, 0])
}

function addNode(draft: Draft, arena: Arena, node: number): void {
  draft.left[node] = 0
  draft.feature[node] = 0
  draft.threshold[node] = 0
  draft.missingLeft[node] = 0
  draft.value[node] = 0
  draft.cover[node] = Math.max(0, arena.nodes[node * nodeWidth + 1]!)
}

/** The best answer over the groups of columns, first group first. */
function bestAnswer({ answers }: Arena, node: number, groups: number): Float64Array {
  let best = node * groups * answerWidth
  for (let group = 1; group < groups; group++) {
    const at = (node * groups + group) * answerWidth
    if (answers[at]! > answers[best]!) best = at
  }
  return answers.subarray(best, best + answerWidth)
}

/** Writes the node's split into the draft and its flags for the partition; false when no split is worth it. */
function chooseSplit(arena: Arena, rules: Rules, growth: Growth, draft: Draft, node: number, groups: number): boolean {
  const answer = bestAnswer(arena, node, groups)
  if (!(answer[0]! / 2 - rules.gamma > 0)) return false
  const column = answer[1]!
  const bin = answer[2]!
  const missingLeft = answer[3]!
  const { chosen, chosenColumn } = arena
  const flags = node * binsPerColumn
  const count = arena.counts[column]!
  chosenColumn[node] = column
  draft.feature[node] = column
  draft.missingLeft[node] = missingLeft
  if (!rules.categorical[column]) {
    chosen.fill(0, flags, flags + count)
    chosen.fill(1, flags, flags + bin + 1)
    draft.threshold[node] = growth.cuts[column]![bin] ?? Number.MAX_VALUE
  } else {
    const present = levelOrder(arena, rules, node, column)
    const left = new Set(count <= mostOneHot ? [present[bin]!] : present.slice(0, bin + 1))
    const here = new Set(present)
    const set: number[] = []
    for (let level = 0; level < count; level++) {
      // A level this node has not seen says as little as a missing one.
      const goesLeft = here.has(level) ? left.has(level) : missingLeft === 1
      chosen[flags + level] = goesLeft ? 1 : 0
      if (goesLeft) set.push(level)
    }
    draft.pending.set(node, set)
  }
  chosen[flags + count] = missingLeft
  return true
}

/** Makes the two children of a parted node: sums, bounds and rows. */
function openChildren(
  arena: Arena,
  rules: Rules,
  draft: Draft,
  node: number,
  groups: number,
  [begin, middle, end]: readonly [number, number, number],
): [number, number] {
  const { nodes, spans, children } = arena
  const first = draft.left.length
  const answer = bestAnswer(arena, node, groups)
  const at = node * nodeWidth
  const [g, h, low, high] = [nodes[at]!, nodes[at + 1]!, nodes[at + 2]!, nodes[at + 3]!]
  const [leftG, leftH] = [answer[4]!, answer[5]!]
  const set = draft.pending.get(node)
  if (set !== undefined) {
    draft.threshold[node] = draft.sets.length
    draft.sets.push(set)
  }
  const direction = rules.monotone[draft.feature[node]!] ?? 0
  const middleValue =
    (boundedValue(rules, leftG, leftH, low, high) + boundedValue(rules, g - leftG, h - leftH, low, high)) / 2
  nodes.set([leftG, leftH, direction < 0 ? middleValue : low, direction > 0 ? middleValue : high], first * nodeWidth)
  nodes.set(
    [g - leftG, h - leftH, direction > 0 ? middleValue : low, direction < 0 ? middleValue : high],
    (first + 1) * nodeWidth,
  )
  spans.set([begin, middle], first * spanWidth)
  spans.set([middle, end], (first + 1) * spanWidth)
  children[node] = first
  draft.left[node] = first
  addNode(draft, arena, first)
  addNode(draft, arena, first + 1)
  return [first, first + 1]
}

function boundedValue({ lambda }: Rules, g: number, h: number, low: number, high: number): number {
  const divisor = Math.max(0, h) + lambda
  return Math.min(high, Math.max(low, divisor > 0 ? -g / divisor : 0))
}

/** Gives leaves their values, adds them to every row and hands the tree out. */
function settle(arena: Arena, rules: Rules, growth: Growth, draft: Draft, rows: number, run: RunPhase): Tree {
  const { agenda, nodes, leafValues, size } = arena
  let leaves = 0
  draft.left.forEach((left, node) => {
    if (left !== 0) return
    const at = node * nodeWidth
    // The sum turns -0 into 0: JSON knows only one of them.
    const value =
      growth.learningRate * boundedValue(rules, nodes[at]!, nodes[at + 1]!, nodes[at + 2]!, nodes[at + 3]!) + 0
    draft.value[node] = value
    leafValues[node] = value
    draft.feature[node] = 0
    draft.threshold[node] = 0
    draft.missingLeft[node] = 0
    agenda[leaves++] = node
  })
  agenda.subarray(0, leaves).sort((a, b) => rowsIn(arena, b) - rowsIn(arena, a))
  run(phase.settle, leaves)
  if (rows < size.rows) run(phase.walk, Math.ceil(size.rows / rowsPerBlock))
  const { left, feature, threshold, missingLeft, value, cover, sets } = draft
  return { left, feature, threshold, missingLeft, value, cover, sets }
}
