import type { FlatTrees } from '../trees/compile-trees.ts'
import { addLeafShap } from './leaf-shap.ts'

/**
 * A leaf, or two leaves with the same parent, and what they add for every way a row can pass the splits above. Two leaves
 * share one table, so that a row looks up half as often.
 */
interface Unit {
  /** The leaf, or the parent of the two leaves. */
  readonly node: number
  /** Features decided above the unit's own question: the low bits of a row's mask. */
  readonly above: number
  /** Columns on the path in order of first appearance. */
  readonly columns: readonly number[]
  /** One leaf, or the left and the right one. */
  readonly leaves: readonly { readonly value: number; readonly ratios: readonly number[] }[]
}

/** All trees ready for explaining: which bit each split decides, and a table per unit. */
export interface ShapPlan {
  /** Mean of the model over the training evidence: what is said of a case about which nothing is known. */
  readonly base: number
  /** Inner nodes of all trees, parents first, and where those of each tree begin (one entry more at the end). */
  readonly inner: Int32Array
  readonly innerStart: Int32Array
  /** Per node: the bit its column decides among those of its path. */
  readonly bit: Int32Array
  readonly units: readonly Unit[]
  readonly unitStart: Int32Array
  /** Per unit, side by side: node, leaves, mask of the bits above, columns on the path, where they begin. */
  readonly facts: Int32Array
  readonly columns: Int32Array
  /** Per unit: where its table begins, or -1 when it is too large to be kept and is worked out for every row. */
  readonly tableStart: Float64Array
  readonly tables: Float64Array
}

export const factsWidth = 5
/** Paths of at most so many features are tabulated at any rate: at most 3 kB a leaf. */
const fewColumns = 6

/**
 * Lays out the explanation of a model, once: O(leaves · 2^m · m³), m = distinct features on a path.
 * @param megabytes what all tables together may take; beyond it paths of more than six features get none, and none at all
 *                  where it is 0
 */
export function planShap(flat: FlatTrees, megabytes: number): ShapPlan {
  const bit = new Int32Array(flat.left.length)
  const units: Unit[] = []
  const inner: number[] = []
  const unitStart = new Int32Array(flat.roots.length + 1)
  const innerStart = new Int32Array(flat.roots.length + 1)
  let base = flat.base
  flat.roots.forEach((root, t) => {
    const end = flat.roots[t + 1] ?? flat.left.length
    for (let node = root; node < end; node++) if (flat.left[node] !== node) inner.push(node)
    if (flat.left[root] === root) base += flat.value[root]!
    else collectUnits(flat, root, [], [], bit, units)
    unitStart[t + 1] = units.length
    innerStart[t + 1] = inner.length
  })
  const sizes = units.map(({ above, columns, leaves }) => 2 ** above * leaves.length * columns.length)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const kept = units.map(unit => megabytes > 0 && (8 * total <= megabytes * 1e6 || unit.columns.length <= fewColumns))
  const tables = new Float64Array(sizes.reduce((sum, size, u) => sum + (kept[u] ? size : 0), 0))
  const tableStart = new Float64Array(units.length).fill(-1)
  const facts = new Int32Array(units.length * factsWidth)
  const columns: number[] = []
  let at = 0
  units.forEach((unit, u) => {
    const { node, above, leaves } = unit
    facts.set([node, leaves.length, 2 ** above - 1, unit.columns.length, columns.length], u * factsWidth)
    columns.push(...unit.columns)
    for (const { value, ratios } of leaves) base += ratios.reduce((product, z) => product * z, value)
    if (!kept[u]) return
    tableStart[u] = at
    for (let index = 0; index < 2 ** above * leaves.length; index++) {
      addUnitShap(unit, bit[node]!, index, tables, at)
      at += unit.columns.length
    }
  })
  const plan = { base, bit, units, unitStart, facts, tableStart, tables }
  return { ...plan, inner: Int32Array.from(inner), innerStart, columns: Int32Array.from(columns) }
}

/**
 * Adds a unit's contributions for one index: the mask of what is decided above and, for a pair, in the lowest bit
 * whether its own question sends the row left.
 */
export function addUnitShap(
  { leaves, columns, above }: Unit,
  ownBit: number,
  index: number,
  out: Float64Array,
  at: number,
): void {
  if (leaves.length === 1) {
    addLeafShap(leaves[0]!.value, leaves[0]!.ratios, index, out, at)
    return
  }
  const passed = (index >> 1) | (above < columns.length ? ownBit : 0)
  const goesLeft = (index & 1) === 1
  addLeafShap(leaves[0]!.value, leaves[0]!.ratios, goesLeft ? passed : passed & ~ownBit, out, at)
  addLeafShap(leaves[1]!.value, leaves[1]!.ratios, goesLeft ? passed & ~ownBit : passed, out, at)
}

function collectUnits(
  flat: FlatTrees,
  node: number,
  columns: readonly number[],
  ratios: readonly number[],
  bit: Int32Array,
  units: Unit[],
): void {
  const { left, cover, value, feature } = flat
  const first = left[node]!
  const seen = columns.indexOf(feature[node]!)
  const slot = seen < 0 ? columns.length : seen
  bit[node] = 1 << slot
  const below = seen < 0 ? [...columns, feature[node]!] : columns
  const evidence = cover[first]! + cover[first + 1]!
  const share = evidence > 0 ? cover[first]! / evidence : 0.5
  const passing = (ratio: number) => below.map((_, j) => (ratios[j] ?? 1) * (j === slot ? ratio : 1))
  const sides = [
    { node: first, ratios: passing(share) },
    { node: first + 1, ratios: passing(1 - share) },
  ]
  const leaves = sides.filter(side => left[side.node] === side.node)
  if (leaves.length === 2) {
    const both = leaves.map(leaf => ({ value: value[leaf.node]!, ratios: leaf.ratios }))
    units.push({ node, above: columns.length, columns: below, leaves: both })
    return
  }
  for (const side of sides) {
    if (left[side.node] !== side.node) collectUnits(flat, side.node, below, side.ratios, bit, units)
    else {
      const leaf = { value: value[side.node]!, ratios: side.ratios }
      units.push({ node: side.node, above: below.length, columns: below, leaves: [leaf] })
    }
  }
}
