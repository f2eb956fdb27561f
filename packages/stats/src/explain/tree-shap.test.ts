import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { flattenTrees } from '../trees/compile-trees.ts'
import { fitTrees } from '../trees/fit-trees.ts'
import { numericFeatures, treeWorld } from '../trees/testing/tree-world.ts'
import type { TreeFeature, TreeModel } from '../trees/tree-model.ts'
import { planShap } from './shap-plan.ts'
import { bruteForceShap } from './testing/brute-force-shap.ts'
import { explainTrees } from './tree-shap.ts'

const stump: TreeModel = {
  kind: 'boosted-trees',
  version: 1,
  features: numericFeatures(2),
  base: 0.5,
  trees: [
    {
      left: [1, 0, 0],
      feature: [1, 0, 0],
      threshold: [0, 0, 0],
      missingLeft: [0, 0, 0],
      value: [0, -1, 3],
      cover: [4, 3, 1],
      sets: [],
    },
  ],
}

test('a single question gives its feature all of the distance from the mean', () => {
  const explained = answered(
    explainTrees(stump).explain([
      [9, 1],
      [9, -1],
      [9, null],
    ]),
  )
  assert.equal(explained.base, 0.5)
  assert.deepEqual([...explained.contributions], [0, 3, 0, -1, 0, 3])
  assert.deepEqual([...explained.margins], [3.5, -0.5, 3.5])
})

/** Trees over numbers with missing values and one column of levels, so that paths ask one feature more than once. */
function mixedModel(seed: string, columns: number, depth: number, trees: number) {
  const { table, y } = treeWorld(600, columns, seed, 0.1)
  const draw = rng(`${seed} levels`)
  for (let i = 0; i < table.rows; i++) table.values[i * columns + 1] = draw.int(5)
  const features: TreeFeature[] = numericFeatures(columns).map((feature, k) =>
    k === 1 ? { name: 'level', kind: 'categorical', levels: ['a', 'b', 'c', 'd', 'e'] } : feature,
  )
  const { model } = answered(fitTrees(features, table, y, { trees, depth, learningRate: 0.4, minChildWeight: 0.1 }))
  return { model, table }
}

for (const [columns, depth] of [
  [3, 6],
  [5, 4],
  [8, 6],
] as const) {
  test(`TreeSHAP of ${columns} features at depth ${depth} equals all subsets to 1e-9, and adds up to 1e-9`, () => {
    const { model, table } = mixedModel(`shap ${columns}`, columns, depth, 3)
    const rows = columns > 6 ? 4 : 12
    const few = { rows, columns, values: table.values.subarray(0, rows * columns) }
    const explained = answered(explainTrees(model).explainTable(few))
    for (let i = 0; i < rows; i++) {
      const row = [...few.values.subarray(i * columns, (i + 1) * columns)]
      const expected = bruteForceShap(model, row)
      assert.ok(Math.abs(explained.base - expected.base) < 1e-9)
      let sum = explained.base
      expected.contributions.forEach((phi, j) => {
        const ours = explained.contributions[i * columns + j]!
        assert.ok(Math.abs(ours - phi) < 1e-9, `row ${i}, feature ${j}: ${ours} for ${phi}`)
        sum += ours
      })
      assert.ok(Math.abs(sum - explained.margins[i]!) < 1e-9)
    }
  })
}

test('paths for whose tables there is no room are worked out row by row, with the same answer', () => {
  const { table, y } = treeWorld(1500, 9, 'wide')
  const { model } = answered(fitTrees(numericFeatures(9), table, y, { trees: 3, depth: 9, minChildWeight: 0 }))
  const flat = flattenTrees(model)
  const some = planShap(flat, 0.001).tableStart
  assert.ok(some.includes(-1) && some.some(start => start >= 0))
  assert.ok(
    planShap(flat, 0).tableStart.every(start => start === -1),
    'none at all where one row is asked about',
  )
  const few = { rows: 5, columns: 9, values: table.values.subarray(0, 45) }
  const tabulated = answered(explainTrees(model).explainTable(few))
  for (const megabytes of [0, 0.001]) assert.deepEqual(explainTrees(model, { megabytes }).explainTable(few), tabulated)
})

test('a model without questions explains nothing by anything', () => {
  const { table, y } = treeWorld(50, 2, 'leaf')
  const { model } = answered(fitTrees(numericFeatures(2), table, y, { trees: 3, depth: 0 }))
  const explained = answered(explainTrees(model).explainTable(table))
  assert.ok(explained.contributions.every(phi => phi === 0))
  assert.ok(Math.abs(explained.base - explained.margins[0]!) < 1e-12)
  assert.equal(answered(explainTrees(model).explain([])).n, 0)
})

test('an infinite value is refused, and the model and the rows stay as they are', () => {
  const before = JSON.stringify(stump)
  const table = { rows: 1, columns: 2, values: Float64Array.of(1, Infinity) }
  assert.equal(codeOf(explainTrees(stump).explainTable(table)), 'not_finite')
  assert.equal(JSON.stringify(stump), before)
})
