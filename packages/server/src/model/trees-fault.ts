import { canonical, type JsonObject } from '@surety/contract'
import { compileTrees } from '@surety/stats'
import type { StoredTree, TreesFit } from './artefact.ts'
import { mostDepth, mostTreeBytes, mostTrees, treeModel } from './trees.ts'

const lists = ['left', 'column', 'threshold', 'missing_left', 'value', 'cover'] as const
const mostNodes = 2 ** (mostDepth + 1) - 1

/**
 * Why trees must not serve; null when they may. Nothing of them is believed: neither that lists hold numbers, nor that
 * children lie where they must. The columns were checked before.
 */
export function treesFault(fit: Readonly<Record<string, unknown>>): string | null {
  const { base, trees } = fit
  if (!isNumber(base)) return 'the base is not a finite number'
  if (!Array.isArray(trees) || trees.length === 0) return 'there must be a tree'
  if (trees.length > mostTrees) return `${trees.length} trees, at most ${mostTrees} may serve`
  for (const [t, tree] of trees.entries()) {
    const fault = treeFault(tree)
    if (fault !== null) return `tree ${t}: ${fault}`
  }
  const found = fit as unknown as TreesFit
  try {
    // Children in place, columns that exist, one root: what would make a walk go round in circles or leave the lists.
    compileTrees(treeModel(found))
  } catch (error) {
    if (error instanceof RangeError) return error.message
    throw error
  }
  const deep = found.trees.findIndex(tree => depthOf(tree) > mostDepth)
  if (deep >= 0) return `tree ${deep} is deeper than ${mostDepth}`
  const bytes = canonical({ columns: found.columns, trees: found.trees } as JsonObject).length
  return bytes > mostTreeBytes ? `${bytes} bytes of trees, at most ${mostTreeBytes} may serve` : null
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

function treeFault(tree: unknown): string | null {
  if (typeof tree !== 'object' || tree === null) return 'not a tree'
  const given = tree as Readonly<Record<string, unknown>>
  const foreign = Object.keys(given).find(name => !lists.some(list => list === name))
  if (foreign !== undefined) return `${foreign} is no list of a tree`
  for (const name of lists) {
    const list = given[name]
    if (!Array.isArray(list)) return `${name} is no list`
    if (list.length > mostNodes) return `more than ${mostNodes} nodes`
    const wrong = list.findIndex(value => !isNumber(value))
    if (wrong >= 0) return `${name} of node ${wrong} is not a finite number`
  }
  const { missing_left: missing, cover } = tree as StoredTree
  if (!missing.every(flag => flag === 0 || flag === 1)) return 'missing_left must be 0 or 1'
  return cover.every(weight => weight >= 0) ? null : 'a cover is below 0'
}

/** Children come after their parents. */
function depthOf({ left }: StoredTree): number {
  const depth = new Int32Array(left.length)
  for (const [node, first] of left.entries()) if (first !== 0) depth[first] = depth[first + 1] = depth[node]! + 1
  return depth.reduce((most, found) => Math.max(most, found), 0)
}
