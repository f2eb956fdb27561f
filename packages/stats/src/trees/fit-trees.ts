import { type Refusal, refuse } from '../refusal.ts'
import type { Rng } from '../rng.ts'
import { binTable } from './bins.ts'
import { checkTreeFit } from './check-tree-fit.ts'
import { compileTrees } from './compile-trees.ts'
import { type Arena, makeArena } from './grow/arena.ts'
import { startCrew } from './grow/crew.ts'
import { growTree } from './grow/grow-tree.ts'
import type { Rules } from './grow/rules.ts'
import { renewSlopes } from './grow/slopes.ts'
import type { Tree, TreeFeature, TreeModel } from './tree-model.ts'
import type { TreeTable } from './tree-table.ts'

/** How to fit; every default is the usual one of the libraries this is compared with. */
export interface TreeOptions {
  /** Trees at most (default 100). */
  readonly trees?: number
  /** Questions from root to leaf at most, 0 to 10 (default 6). */
  readonly depth?: number
  /** Share of every leaf value that is taken, in (0, 1] (default 0.1). */
  readonly learningRate?: number
  /** Pull of leaf values towards 0 (default 1). */
  readonly lambda?: number
  /** Least gain a split must bring (default 0). */
  readonly gamma?: number
  /** Least sum of second derivatives, Σ w·p(1 - p), on each side of a split (default 1). */
  readonly minChildWeight?: number
  /** A node whose best split leaves fewer rows on a side becomes a leaf (default 1). */
  readonly minChildRows?: number
  /** One non-negative weight per row. */
  readonly weights?: Float64Array
  /** Per column 1 (never lowers the score), -1 (never raises it) or 0; categorical columns 0. */
  readonly monotone?: readonly (-1 | 0 | 1)[]
  /**
   * Keeps the last `rows` rows, the latest in time, out of the training: their log loss says when to stop. The model
   * ends at the tree with the lowest one, and the fit once `patience` further trees (default 20) brought none lower.
   */
  readonly stopOn?: { readonly rows: number; readonly patience?: number }
  /** Every tree sees a random share of rows and of columns, both in (0, 1]. */
  readonly sample?: { readonly rows?: number; readonly columns?: number; readonly rng: Rng }
  /** Continues this model: its trees are kept, new ones are added to its margin. */
  readonly from?: TreeModel
  /** Threads that work, this one included (default 1). The model does not depend on it. */
  readonly workers?: number
  /** Called before every tree; false ends the fit with `stopped`. */
  readonly tick?: (done: number, total: number) => boolean
}

/** A fitted model, and how it went. */
export interface TreeFit {
  readonly ok: true
  readonly model: TreeModel
  /** Rows trained on. */
  readonly n: number
  readonly positives: number
  /** Log loss of the slice kept for stopping, after each new tree; empty without `stopOn`. */
  readonly stopLoss: Float64Array
}

/**
 * Gradient-boosted trees for a yes/no outcome: log loss, second order, histograms of up to 255 bins and one for missing
 * values, which go to the better side. O(rows · columns · depth · trees).
 *
 * The same input gives the same model, byte by byte, with any number of workers: they share columns, nodes and leaves
 * among them, never a sum.
 * @param features what the columns are (`fitTreeFeatures`)
 * @param table    rows in order of time; NaN is missing; not written to
 * @param y        0 or 1 per row
 * @returns        or `empty`, `one_class`, `not_finite` (an infinite value), `out_of_range` (an option, a weight, a
 *                 label), `stopped`
 * @throws RangeError labels, weights or features that do not fit the table
 * @see Friedman 2001; Chen & Guestrin 2016 (gain, missing values); Ke 2017 (histograms); Fisher 1958 (levels)
 */
export function fitTrees(
  features: readonly TreeFeature[],
  table: TreeTable,
  y: Uint8Array,
  options: TreeOptions = {},
): TreeFit | Refusal {
  const checked = checkTreeFit(features, table, y, options)
  if ('code' in checked) return checked
  const { trees: most = 100, depth = 6, from, tick } = options
  const trainRows = table.rows - (options.stopOn?.rows ?? 0)
  const { weights } = options
  const size = { rows: table.rows, trainRows, columns: table.columns, maxDepth: depth, weighted: weights !== undefined }
  const rules: Rules = {
    lambda: options.lambda ?? 1,
    gamma: options.gamma ?? 0,
    minChildWeight: options.minChildWeight ?? 1,
    categorical: features.map(({ kind }) => kind === 'categorical'),
    monotone: options.monotone?.some(direction => direction !== 0) ? options.monotone : [],
  }
  const arena = makeArena(size)
  // Workers start while this thread cuts the columns.
  using crew = startCrew(arena, rules, options.workers ?? 1)
  const growth = {
    learningRate: options.learningRate ?? 0.1,
    minChildRows: options.minChildRows ?? 1,
    cuts: binTable(table, features, y, trainRows, arena),
  }
  arena.y.set(y)
  if (weights) arena.weights.set(weights)
  const base = from?.base ?? checked.logOdds
  if (from) arena.margin.set(compileTrees(from).scoreTable(table))
  else arena.margin.fill(base)
  for (let row = 0; row < trainRows; row++) renewSlopes(arena, row)
  const grown: Tree[] = []
  const losses: number[] = []
  let best = 0
  for (let t = 0; t < most; t++) {
    if (tick && !tick(t, most)) return refuse('stopped', t, most, 'stopped by the caller')
    const rows = drawSample(arena, options.sample)
    grown.push(growTree(arena, rules, growth, rows, crew.run))
    if (options.stopOn) {
      losses.push(sliceLoss(arena))
      if (losses[t]! < losses[best]!) best = t
      if (t - best >= (options.stopOn.patience ?? 20)) break
    }
  }
  const kept = options.stopOn ? grown.slice(0, best + 1) : grown
  return {
    ok: true,
    model: { kind: 'boosted-trees', version: 1, features, base, trees: [...(from?.trees ?? []), ...kept] },
    n: trainRows,
    positives: checked.positives,
    stopLoss: Float64Array.from(losses),
  }
}

/** Rows and columns of the next tree; answers the number of rows. */
function drawSample(arena: Arena, sample: TreeOptions['sample']): number {
  const { order, sampled, allowed, size } = arena
  const share = sample?.rows ?? 1
  let rows = 0
  if (share >= 1 || sample === undefined) {
    sampled.fill(1, 0, size.trainRows)
    for (; rows < size.trainRows; rows++) order[rows] = rows
  } else {
    for (let row = 0; row < size.trainRows; row++) {
      const taken = sample.rng.uniform() < share
      sampled[row] = taken ? 1 : 0
      if (taken) order[rows++] = row
    }
  }
  drawColumns(allowed, sample)
  return rows
}

function drawColumns(allowed: Uint8Array, sample: TreeOptions['sample']): void {
  const share = sample?.columns ?? 1
  allowed.fill(share >= 1 ? 1 : 0)
  if (share >= 1 || sample === undefined) return
  const columns = Uint32Array.from(allowed, (_, k) => k)
  const wanted = Math.max(1, Math.round(share * columns.length))
  for (let k = 0; k < wanted && k < columns.length; k++) {
    const other = k + sample.rng.int(columns.length - k)
    ;[columns[k], columns[other]] = [columns[other]!, columns[k]!]
    allowed[columns[k]!] = 1
  }
}

/** Weighted mean log loss of the rows kept for stopping. */
function sliceLoss({ margin, y, weights, size }: Arena): number {
  let loss = 0
  let total = 0
  for (let row = size.trainRows; row < size.rows; row++) {
    const w = size.weighted ? weights[row]! : 1
    const z = y[row] === 1 ? margin[row]! : -margin[row]!
    loss += w * (Math.log1p(Math.exp(-Math.abs(z))) + Math.max(0, -z))
    total += w
  }
  return loss / total
}
