import type { FeatureValue } from '../model/feature.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { compileTrees, type FlatTrees, flattenTrees, goesLeft } from '../trees/compile-trees.ts'
import type { TreeModel } from '../trees/tree-model.ts'
import { type TreeTable, treeTable } from '../trees/tree-table.ts'
import { addUnitShap, factsWidth, planShap, type ShapPlan } from './shap-plan.ts'

/** What each feature adds to the log-odds of each row: base + Σ contributions = margin. */
export interface Explanations {
  readonly ok: true
  /** Mean log-odds over the training evidence. */
  readonly base: number
  /** rows × features, row-major, log-odds. */
  readonly contributions: Float64Array
  /** Log-odds per row, as the model scores them. */
  readonly margins: Float64Array
  readonly n: number
  readonly method: 'tree_shap' | 'linear_shap'
}

/** A tree model ready to explain its scores. */
export interface TreeExplainer {
  readonly base: number
  /** Raw rows in the order of the features. */
  explain(rows: readonly (readonly FeatureValue[])[]): Explanations | Refusal
  explainTable(table: TreeTable): Explanations | Refusal
}

/** How far Σ contributions + base may lie from the margin before the explanation is refused. */
export const additivityTolerance = 1e-9

/**
 * Exact Shapley values of a tree model (path-dependent: what is not known is averaged by training evidence), from tables
 * of all ways to pass a path. A row evaluates each split once and adds up what the tables say. Where all tables would
 * take more than `megabytes` (default 256: deep trees), paths of more than six features are worked out row by row; with 0
 * every path is, which is the quicker way for a single row.
 *
 * They say what the score is associated with, never what caused the outcome.
 * @returns per row contributions that add up to the score within 1e-9; `out_of_range` (need 1e-9) where they do not,
 *          `not_finite` where the table holds an infinite value
 * @see Lundberg 2018 and 2020; Yang 2021 (tables); tested against all subsets of features
 */
export function explainTrees(model: TreeModel, options: { readonly megabytes?: number } = {}): TreeExplainer {
  const flat = flattenTrees(model)
  const plan = planShap(flat, options.megabytes ?? 256)
  const compiled = compileTrees(model)
  const explainTable = (table: TreeTable): Explanations | Refusal => {
    const margins = compiled.scoreTable(table)
    const infinite = table.values.findIndex(value => value === Infinity || value === -Infinity)
    if (infinite >= 0) return refuse('not_finite', infinite, table.values.length, 'the table holds an infinite value')
    const contributions = new Float64Array(table.rows * table.columns)
    for (let from = 0; from < table.rows; from += rowsPerBlock)
      explainBlock(flat, plan, table, from, Math.min(table.rows, from + rowsPerBlock), contributions)
    const apart = worstSum(contributions, margins, plan.base, table.columns)
    if (!(apart <= additivityTolerance))
      return refuse(
        'out_of_range',
        Math.min(apart, Number.MAX_VALUE),
        additivityTolerance,
        'contributions do not add up to the score',
      )
    return { ok: true, base: plan.base, contributions, margins, n: table.rows, method: 'tree_shap' }
  }
  return { base: plan.base, explain: rows => explainTable(treeTable(model.features, rows)), explainTable }
}

/** Largest distance between base + Σ contributions and the margin; NaN when one of them is no number. */
export function worstSum(contributions: Float64Array, margins: Float64Array, base: number, columns: number): number {
  let worst = 0
  for (let row = 0; row < margins.length; row++) {
    let sum = base
    for (let j = row * columns; j < (row + 1) * columns; j++) sum += contributions[j]!
    const apart = Math.abs(sum - margins[row]!)
    if (apart > worst || Number.isNaN(apart)) worst = apart
  }
  return worst
}

/** A block of rows goes through tree after tree, so that a tree's tables stay in the cache. */
const rowsPerBlock = 128

function explainBlock(
  flat: FlatTrees,
  plan: ShapPlan,
  table: TreeTable,
  from: number,
  to: number,
  out: Float64Array,
): void {
  const masks = new Int32Array(flat.left.length)
  const went = new Uint8Array(flat.left.length)
  for (let t = 0; t < flat.roots.length; t++) {
    for (let row = from; row < to; row++) {
      walkTree(flat, plan, t, table.values, row * table.columns, masks, went)
      addTables(plan, t, masks, went, out, row * table.columns)
    }
  }
}

/** Answers every question of the tree for the row and hands down which features' splits it passes. */
function walkTree(
  flat: FlatTrees,
  { inner, innerStart, bit }: ShapPlan,
  t: number,
  values: Float64Array,
  start: number,
  masks: Int32Array,
  went: Uint8Array,
): void {
  const { left, feature, threshold, anySets, missingLeft } = flat
  masks[flat.roots[t]!] = -1
  for (let k = innerStart[t]!, end = innerStart[t + 1]!; k < end; k++) {
    const node = inner[k]!
    const value = values[start + feature[node]!]!
    let goes = Number(!(value > threshold[node]!))
    if (anySets) goes = Number(goesLeft(flat, node, value))
    else if (Number.isNaN(value)) goes = missingLeft[node]!
    const first = left[node]!
    const mask = masks[node]!
    // The side the row does not take loses the bit; no branch, because nobody can foresee it.
    masks[first] = mask & ~(bit[node]! & (goes - 1))
    masks[first + 1] = mask & ~(bit[node]! & -goes)
    went[node] = goes
  }
}

/** Adds what the tables of the tree's units say for the row. */
function addTables(
  plan: ShapPlan,
  t: number,
  masks: Int32Array,
  went: Uint8Array,
  out: Float64Array,
  start: number,
): void {
  const { facts, columns, tables, tableStart, unitStart } = plan
  for (let u = unitStart[t]!, end = unitStart[t + 1]!; u < end; u++) {
    const at = u * factsWidth
    const node = facts[at]!
    const above = masks[node]! & facts[at + 2]!
    const index = facts[at + 1] === 2 ? 2 * above + went[node]! : above
    const width = facts[at + 3]!
    const first = facts[at + 4]!
    const table = tableStart[u]!
    if (table < 0) {
      const unit = new Float64Array(width)
      addUnitShap(plan.units[u]!, plan.bit[node]!, index, unit, 0)
      for (let j = 0; j < width; j++) out[start + columns[first + j]!]! += unit[j]!
    } else {
      const entry = table + index * width
      for (let j = 0; j < width; j++) out[start + columns[first + j]!]! += tables[entry + j]!
    }
  }
}
