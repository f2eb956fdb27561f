import { type Arena, binsPerColumn, columnsPerGroup, groupsOf } from './arena.ts'
import { findSplit } from './find-split.ts'
import { buildHistogram, subtractHistogram } from './histogram.ts'
import { partitionRows } from './partition.ts'
import type { Rules } from './rules.ts'
import { renewSlopes, settleLeaf } from './slopes.ts'

/**
 * The four kinds of work of which growing a tree consists. Each is cut into tasks that touch nothing of each other;
 * `agenda` names the nodes.
 */
export const phase = {
  /** agenda: pairs (node to build, sibling to get by subtraction or -1); a task is a pair and a group of columns. */
  search: 1,
  /** agenda: nodes to part; results: rows that went left. */
  part: 2,
  /** agenda: leaves whose rows get their value and new gradients. */
  settle: 3,
  /** Tasks are blocks of rows: those the tree was not grown on walk down it. */
  walk: 4,
} as const

export type Phase = (typeof phase)[keyof typeof phase]

/** Rows per task of the phase `walk`. */
export const rowsPerBlock = 8192

export function perform(arena: Arena, rules: Rules, kind: Phase, task: number): void {
  switch (kind) {
    case phase.search:
      searchPair(arena, rules, task)
      return
    case phase.part:
      arena.results[task] = partitionRows(arena, arena.agenda[task]!)
      return
    case phase.settle:
      settleLeaf(arena, arena.agenda[task]!)
      return
    case phase.walk:
      walkBlock(arena, task)
  }
}

function searchPair(arena: Arena, rules: Rules, task: number): void {
  const { columns } = arena.size
  const groups = groupsOf(columns)
  const pair = Math.floor(task / groups)
  const group = task % groups
  const from = group * columnsPerGroup
  const to = Math.min(columns, from + columnsPerGroup)
  const built = arena.agenda[2 * pair]!
  const sibling = arena.agenda[2 * pair + 1]!
  buildHistogram(arena, built, from, to)
  findSplit(arena, rules, built, group)
  if (sibling < 0) return
  subtractHistogram(arena, built, sibling, from, to)
  findSplit(arena, rules, sibling, group)
}

function walkBlock(arena: Arena, block: number): void {
  const { codes, children, chosen, chosenColumn, leafValues, margin, sampled, size } = arena
  const end = Math.min(size.rows, (block + 1) * rowsPerBlock)
  for (let row = block * rowsPerBlock; row < end; row++) {
    if (sampled[row] === 1) continue
    let node = 0
    for (let next = children[0]!; next !== 0; next = children[node]!) {
      const code = codes[row * size.columns + chosenColumn[node]!]!
      node = chosen[node * binsPerColumn + code] === 1 ? next : next + 1
    }
    margin[row]! += leafValues[node]!
    if (row < size.trainRows) renewSlopes(arena, row)
  }
}
