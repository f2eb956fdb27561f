/** A column a tree model reads: a number, or one of several named levels. */
export type TreeFeature =
  | { readonly name: string; readonly kind: 'numeric' }
  | { readonly name: string; readonly kind: 'categorical'; readonly levels: readonly string[] }

/**
 * One tree as parallel lists, one entry per node, the root first. The children of node i are `left[i]` and
 * `left[i] + 1`; `left[i]` is 0 at a leaf. Every list has the same length, `sets` apart.
 */
export interface Tree {
  readonly left: readonly number[]
  /** Column the node asks about; 0 at a leaf, where it means nothing. */
  readonly feature: readonly number[]
  /** Numeric: a value goes left when value <= threshold. Categorical: place in `sets`. */
  readonly threshold: readonly number[]
  /** 1: a missing value, or a level never seen, goes left. */
  readonly missingLeft: readonly number[]
  /** Log-odds a leaf adds, learning rate included; 0 at inner nodes. */
  readonly value: readonly number[]
  /** Sum of second derivatives (the weight of the evidence) of the training rows in the node. */
  readonly cover: readonly number[]
  /** Levels that go left, by number, ascending; one list per categorical split. */
  readonly sets: readonly (readonly number[])[]
}

/** A boosted tree model, plain JSON: log-odds = base + the value of one leaf per tree, added in order. */
export interface TreeModel {
  readonly kind: 'boosted-trees'
  readonly version: 1
  readonly features: readonly TreeFeature[]
  readonly base: number
  readonly trees: readonly Tree[]
}
