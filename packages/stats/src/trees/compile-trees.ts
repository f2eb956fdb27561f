import type { FeatureValue } from '../model/feature.ts'
import type { TreeModel } from './tree-model.ts'
import { type TreeTable, treeReader } from './tree-table.ts'

/** Log-odds of a case, and the categorical features whose level was not known and went the way of missing. */
export interface TreeScore {
  readonly z: number
  readonly unseen: readonly string[]
}

/** A tree model ready to score. All ways give the same bits for the same row. */
export interface CompiledTrees {
  /** One row of raw values in the order of the features. */
  score(values: readonly FeatureValue[]): TreeScore
  /** Log-odds of many raw rows. */
  scoreBatch(rows: readonly (readonly FeatureValue[])[]): Float64Array
  /** Log-odds of one row that is numbers already (NaN = missing), one per column; allocates nothing. */
  scoreNumbers(row: Float64Array): number
  /** Log-odds of rows that are numbers already (`treeTable`). */
  scoreTable(table: TreeTable): Float64Array
}

/** All trees in flat arrays, nodes numbered through. */
export interface FlatTrees {
  readonly base: number
  readonly columns: number
  /** Node where each tree begins. */
  readonly roots: Int32Array
  /** Questions on the longest path of each tree. */
  readonly depths: Int32Array
  /** Left child, its own number at a leaf; the right child is the next one. */
  readonly left: Int32Array
  readonly feature: Int32Array
  readonly threshold: Float64Array
  readonly missingLeft: Uint8Array
  readonly value: Float64Array
  readonly cover: Float64Array
  /** Per node: 0 numeric, else 1 + where its flags begin in `flags`. */
  readonly setStart: Int32Array
  readonly setLength: Int32Array
  /** Does this level go left? */
  readonly flags: Uint8Array
  readonly anySets: boolean
}

/**
 * Lays trees out flat.
 * @throws RangeError a model that is not whole (lists of unequal length, children out of place, numbers that are not
 *         finite, a column that does not exist): such a model must never serve
 */
export function flattenTrees(model: TreeModel): FlatTrees {
  if (model.kind !== 'boosted-trees' || model.version !== 1) throw new RangeError('not a tree model of version 1')
  if (!Number.isFinite(model.base)) throw new RangeError('the base must be finite')
  const columns = model.features.length
  const total = model.trees.reduce((sum, tree) => sum + tree.left.length, 0)
  const flat = {
    base: model.base,
    columns,
    roots: new Int32Array(model.trees.length),
    depths: new Int32Array(model.trees.length),
    left: new Int32Array(total),
    feature: new Int32Array(total),
    threshold: new Float64Array(total),
    missingLeft: new Uint8Array(total),
    value: new Float64Array(total),
    cover: new Float64Array(total),
    setStart: new Int32Array(total),
    setLength: new Int32Array(total),
  }
  const flags: number[] = []
  let at = 0
  model.trees.forEach((tree, t) => {
    const { left, feature, threshold, missingLeft, value, cover, sets } = tree
    const size = left.length
    const wrong = (what: string) => new RangeError(`tree ${t}: ${what}`)
    if (size === 0 || [feature, threshold, missingLeft, value, cover].some(list => list.length !== size))
      throw wrong('lists of unequal length')
    flat.roots[t] = at
    const parents = new Uint8Array(size)
    const depth = new Int32Array(size)
    for (let i = 0; i < size; i++) {
      const child = left[i]!
      const isLeaf = child === 0
      if (!isLeaf) {
        if (!(Number.isInteger(child) && child > i && child + 1 < size)) throw wrong(`node ${i} has no such child`)
        parents[child]!++
        parents[child + 1]!++
        depth[child] = depth[i]! + 1
        depth[child + 1] = depth[i]! + 1
        flat.depths[t] = Math.max(flat.depths[t]!, depth[child]!)
      }
      if (![value[i], threshold[i], cover[i]].every(Number.isFinite)) throw wrong(`node ${i} is not finite`)
      const column = feature[i]!
      if (!isLeaf && !(Number.isInteger(column) && column >= 0 && column < columns))
        throw wrong(`node ${i} asks about column ${column}`)
      const node = at + i
      flat.left[node] = isLeaf ? node : at + child
      flat.feature[node] = isLeaf ? 0 : column
      flat.threshold[node] = isLeaf ? Infinity : threshold[i]!
      flat.missingLeft[node] = isLeaf || missingLeft[i] === 1 ? 1 : 0
      flat.value[node] = value[i]!
      flat.cover[node] = cover[i]!
      const asked = model.features[column]
      if (!isLeaf && asked?.kind === 'categorical') {
        const set = sets[threshold[i]!]
        if (set === undefined) throw wrong(`node ${i} has no set of levels`)
        flat.setStart[node] = flags.length + 1
        flat.setLength[node] = asked.levels.length
        const members = new Set(set)
        for (let level = 0; level < asked.levels.length; level++) flags.push(members.has(level) ? 1 : 0)
      }
    }
    if (parents.some((count, i) => count !== (i === 0 ? 0 : 1))) throw wrong('not a tree')
    at += size
  })
  return { ...flat, flags: Uint8Array.from(flags), anySets: flags.length > 0 }
}

/** Does the value go left at this node? */
export function goesLeft(flat: FlatTrees, node: number, value: number): boolean {
  if (Number.isNaN(value)) return flat.missingLeft[node] === 1
  const start = flat.setStart[node]!
  if (start === 0) return value <= flat.threshold[node]!
  // What is no known level says as little as a missing one.
  if (!(value >= 0 && value < flat.setLength[node]!)) return flat.missingLeft[node] === 1
  return flat.flags[start - 1 + Math.floor(value)] === 1
}

/** Node of the leaf in which the row that begins at `start` of the values ends. */
export function leafOf(flat: FlatTrees, root: number, values: Float64Array, start: number): number {
  let node = root
  for (let next = flat.left[node]!; next !== node; next = flat.left[node]!) {
    node = goesLeft(flat, node, values[start + flat.feature[node]!]!) ? next : next + 1
  }
  return node
}

const rowsPerBlock = 64

/** Prepares a model for scoring. Every row's trees are added in their order, so batch and single answers agree to the bit. */
export function compileTrees(model: TreeModel): CompiledTrees {
  const flat = flattenTrees(model)
  const readers = model.features.map(treeReader)
  const categorical = model.features.flatMap(({ name, kind }, f) => (kind === 'categorical' ? [{ name, f }] : []))
  const one = new Float64Array(Math.max(1, flat.columns))
  const answer = new Float64Array(1)
  const scoreNumbers = (row: Float64Array) => {
    if (row.length < flat.columns) throw new RangeError(`${row.length} columns for a model of ${flat.columns}`)
    if (!flat.anySets && noneMissing(row, 0, flat.columns)) return scoreOne(flat, row)
    scoreRows(flat, row, 0, 1, answer)
    return answer[0]!
  }
  const read = (values: readonly FeatureValue[]) => {
    for (let f = 0; f < flat.columns; f++) one[f] = readers[f]!(values[f])
    return scoreNumbers(one)
  }
  return {
    score: values => {
      const z = read(values)
      if (categorical.length === 0) return { z, unseen: noneUnseen }
      const unseen = categorical.filter(({ f }) => Number.isNaN(one[f]) && isLevel(values[f]))
      return { z, unseen: unseen.map(({ name }) => name) }
    },
    scoreBatch: rows => Float64Array.from(rows, read),
    scoreNumbers,
    scoreTable: ({ rows, columns, values }) => {
      if (columns !== flat.columns) throw new RangeError(`${columns} columns for a model of ${flat.columns}`)
      const z = new Float64Array(rows)
      for (let from = 0; from < rows; from += rowsPerBlock)
        scoreRows(flat, values, from, Math.min(rows, from + rowsPerBlock), z)
      return z
    },
  }
}

const noneUnseen: readonly string[] = Object.freeze([])

const isLevel = (value: FeatureValue | undefined) => value !== null && value !== undefined && !Number.isNaN(value)

/** A block of rows through tree after tree: the tree stays in the cache, the sums keep their order. */
function scoreRows(flat: FlatTrees, values: Float64Array, from: number, to: number, z: Float64Array): void {
  z.fill(flat.base, from, to)
  if (!flat.anySets && to - from >= rowsAbreast && noneMissing(values, from * flat.columns, to * flat.columns)) {
    const whole = to - ((to - from) % rowsAbreast)
    descendAbreast(flat, values, from, whole, z)
    descend(flat, values, whole, to, z)
  } else descend(flat, values, from, to, z)
}

function noneMissing(values: Float64Array, from: number, to: number): boolean {
  for (let k = from; k < to; k++) if (Number.isNaN(values[k]!)) return false
  return true
}

function descend(flat: FlatTrees, values: Float64Array, from: number, to: number, z: Float64Array): void {
  const { roots, left, feature, threshold, value, missingLeft, anySets, columns } = flat
  for (let t = 0; t < roots.length; t++) {
    const root = roots[t]!
    for (let row = from; row < to; row++) {
      const start = row * columns
      let node = root
      for (let next = left[node]!; next !== node; next = left[node]!) {
        const x = values[start + feature[node]!]!
        if (anySets) node = goesLeft(flat, node, x) ? next : next + 1
        else if (x <= threshold[node]!) node = next
        else if (x > threshold[node]!) node = next + 1
        else node = next + 1 - missingLeft[node]!
      }
      z[row]! += value[node]!
    }
  }
}

const rowsAbreast = 4

/**
 * The same for rows without missing values, four at a time and without a branch to guess: every row takes as many steps
 * as the tree is deep, and at a leaf, whose threshold is infinite, it steps on the spot. A quarter of the time; written
 * with `? 1 : 0` in place of `Number(...)` it is compiled to branches and gains nothing.
 */
function descendAbreast(flat: FlatTrees, values: Float64Array, from: number, to: number, z: Float64Array): void {
  const { roots, depths, left, feature, threshold, value, columns } = flat
  for (let t = 0; t < roots.length; t++) {
    const root = roots[t]!
    const depth = depths[t]!
    for (let row = from; row < to; row += rowsAbreast) {
      const [at0, at1] = [row * columns, (row + 1) * columns]
      const [at2, at3] = [at1 + columns, at1 + 2 * columns]
      let a = root
      let b = root
      let c = root
      let d = root
      for (let step = 0; step < depth; step++) {
        a = left[a]! + Number(values[at0 + feature[a]!]! > threshold[a]!)
        b = left[b]! + Number(values[at1 + feature[b]!]! > threshold[b]!)
        c = left[c]! + Number(values[at2 + feature[c]!]! > threshold[c]!)
        d = left[d]! + Number(values[at3 + feature[d]!]! > threshold[d]!)
      }
      z[row]! += value[a]!
      z[row + 1]! += value[b]!
      z[row + 2]! += value[c]!
      z[row + 3]! += value[d]!
    }
  }
}

const treesAbreast = 4

/** One row without missing values, down four trees at a time; the leaves are added in the order of the trees. */
function scoreOne(flat: FlatTrees, row: Float64Array): number {
  const { roots, depths, left, feature, threshold, value } = flat
  let z = flat.base
  let t = 0
  for (const whole = roots.length - (roots.length % treesAbreast); t < whole; t += treesAbreast) {
    let a = roots[t]!
    let b = roots[t + 1]!
    let c = roots[t + 2]!
    let d = roots[t + 3]!
    // A tree that ends earlier steps on the spot.
    for (let depth = Math.max(depths[t]!, depths[t + 1]!, depths[t + 2]!, depths[t + 3]!); depth > 0; depth--) {
      a = left[a]! + Number(row[feature[a]!]! > threshold[a]!)
      b = left[b]! + Number(row[feature[b]!]! > threshold[b]!)
      c = left[c]! + Number(row[feature[c]!]! > threshold[c]!)
      d = left[d]! + Number(row[feature[d]!]! > threshold[d]!)
    }
    z = z + value[a]! + value[b]! + value[c]! + value[d]!
  }
  for (; t < roots.length; t++) {
    let node = roots[t]!
    for (let depth = depths[t]!; depth > 0; depth--)
      node = left[node]! + Number(row[feature[node]!]! > threshold[node]!)
    z += value[node]!
  }
  return z
}
