import { type Refusal, refuse } from '../refusal.ts'
import { flattenTrees, leafOf } from './compile-trees.ts'
import type { Tree, TreeModel } from './tree-model.ts'
import type { TreeTable } from './tree-table.ts'

/** How to refit. */
export interface RefitOptions {
  /** Share of the new estimate in every leaf, in (0, 1]: leaf = (1 - share)·old + share·new. */
  readonly share: number
  /** As at fitting (default 0.1 and 1): the new estimate of a leaf is -learningRate·G/(H + lambda). */
  readonly learningRate?: number
  readonly lambda?: number
  /** One non-negative weight per row. */
  readonly weights?: Float64Array
}

/** A refitted model: same questions, leaves moved towards what the rows say. */
export interface TreeRefit {
  readonly ok: true
  readonly model: TreeModel
  readonly n: number
}

/**
 * Keeps the structure of a model and re-estimates its leaves, tree by tree, on recent rows. A leaf no row falls into
 * keeps its value; covers stay those of the training, so that explanations keep their yardstick. O(rows · trees · depth).
 * The result is a new model; the old one is untouched.
 * @param table recent rows, NaN = missing
 * @param y     0 or 1 per row
 * @returns     or `empty`, `out_of_range` (an option, a label, a weight)
 * @throws RangeError labels, weights or columns that do not fit
 */
export function refitTrees(
  model: TreeModel,
  table: TreeTable,
  y: Uint8Array,
  options: RefitOptions,
): TreeRefit | Refusal {
  const { share, learningRate = 0.1, lambda = 1, weights } = options
  const { rows, columns, values } = table
  const flat = flattenTrees(model)
  if (columns !== flat.columns || values.length !== rows * columns)
    throw new RangeError(`${values.length} values of ${columns} columns for a model of ${flat.columns}`)
  if (y.length !== rows || (weights && weights.length !== rows))
    throw new RangeError(`not one label and weight per row`)
  if (rows === 0) return refuse('empty', 0, 1, 'no rows')
  if (!(share > 0 && share <= 1)) return refuse('out_of_range', 0, 1, 'share must be above 0 and at most 1')
  if (!(learningRate > 0 && learningRate <= 1)) return refuse('out_of_range', 0, 1, 'learningRate must be in (0, 1]')
  if (!(lambda >= 0 && lambda < Infinity)) return refuse('out_of_range', 0, 1, 'lambda must be at least 0')
  const label = y.findIndex(value => value > 1)
  if (label >= 0) return refuse('out_of_range', y[label]!, 1, `the label of row ${label} is neither 0 nor 1`)
  const wrong = weights?.findIndex(weight => !(weight >= 0 && weight < Infinity)) ?? -1
  if (wrong >= 0) return refuse('out_of_range', wrong, rows, `the weight of row ${wrong} is not a number of at least 0`)
  const margin = new Float64Array(rows).fill(model.base)
  const leaves = new Int32Array(rows)
  const trees = model.trees.map((tree, t): Tree => {
    const root = flat.roots[t]!
    const g = new Float64Array(tree.left.length)
    const h = new Float64Array(tree.left.length)
    for (let row = 0; row < rows; row++) {
      const leaf = leafOf(flat, root, values, row * columns) - root
      const p = 1 / (1 + Math.exp(-margin[row]!))
      const weight = weights ? weights[row]! : 1
      leaves[row] = leaf
      g[leaf]! += weight * (p - y[row]!)
      h[leaf]! += weight * p * (1 - p)
    }
    const value = tree.value.map((old, leaf) => {
      if (!(h[leaf]! > 0)) return old
      return (1 - share) * old - (share * learningRate * g[leaf]!) / (h[leaf]! + lambda) + 0
    })
    for (let row = 0; row < rows; row++) margin[row]! += value[leaves[row]!]!
    return { ...tree, value }
  })
  return { ok: true, model: { ...model, trees }, n: rows }
}
