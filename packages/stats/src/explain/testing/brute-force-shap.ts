import type { Tree, TreeModel } from '../../trees/tree-model.ts'

/**
 * Shapley values straight from their definition, over all subsets of features: for tests, up to about 12 features.
 * @param row one number per feature, NaN = missing
 */
export function bruteForceShap(model: TreeModel, row: readonly number[]): { base: number; contributions: number[] } {
  const m = model.features.length
  const worth = Array.from(
    { length: 2 ** m },
    (_, known) => model.base + model.trees.reduce((sum, tree) => sum + expected(model, tree, 0, row, known), 0),
  )
  const contributions = Array.from({ length: m }, (_, j) => {
    let sum = 0
    for (let known = 0; known < 2 ** m; known++) {
      if (known & (1 << j)) continue
      sum += (worth[known | (1 << j)]! - worth[known]!) * orderShare(bits(known), m)
    }
    return sum
  })
  return { base: worth[0]!, contributions }
}

const bits = (mask: number): number => (mask === 0 ? 0 : (mask & 1) + bits(mask >> 1))

/** Share of all orders of m features in which exactly the given k come before a certain one: k!(m-1-k)!/m!. */
function orderShare(k: number, m: number): number {
  let share = 1 / m
  for (let i = 0; i < k; i++) share *= (i + 1) / (m - 1 - i)
  return share
}

/** What the tree is expected to say when only the features of the mask are known. */
function expected(model: TreeModel, tree: Tree, node: number, row: readonly number[], known: number): number {
  const first = tree.left[node]!
  if (first === 0) return tree.value[node]!
  const column = tree.feature[node]!
  if (known & (1 << column)) {
    const value = row[column]!
    const set = model.features[column]!.kind === 'categorical' ? tree.sets[tree.threshold[node]!]! : null
    const left = Number.isNaN(value)
      ? tree.missingLeft[node] === 1
      : set === null
        ? value <= tree.threshold[node]!
        : set.includes(value)
    return expected(model, tree, left ? first : first + 1, row, known)
  }
  const [a, b] = [tree.cover[first]!, tree.cover[first + 1]!]
  const share = a + b > 0 ? a / (a + b) : 0.5
  return share * expected(model, tree, first, row, known) + (1 - share) * expected(model, tree, first + 1, row, known)
}
