import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logLoss } from '../metrics/log-loss.ts'
import { sigmoid } from '../model/sigmoid.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { compileTrees } from './compile-trees.ts'
import { fitTrees } from './fit-trees.ts'
import { type RefitOptions, refitTrees } from './refit-trees.ts'
import { numericFeatures, treeWorld } from './testing/tree-world.ts'

const { table, y } = treeWorld(4000, 4, 'refit')
const { model } = answered(fitTrees(numericFeatures(4), table, y, { trees: 20, depth: 4 }))

test('refitting wholly on the rows of the training gives the leaves of the training back', () => {
  const again = answered(refitTrees(model, table, y, { share: 1 })).model
  again.trees.forEach((tree, t) => {
    tree.value.forEach((value, i) => {
      assert.ok(Math.abs(value - model.trees[t]!.value[i]!) < 1e-9, `tree ${t}, node ${i}`)
    })
  })
})

test('after the world has turned round, the questions stay, the leaves follow, and the loss falls', () => {
  const turned = y.map(label => 1 - label)
  const before = JSON.stringify(model)
  const loss = (of: typeof model) => answered(logLoss(compileTrees(of).scoreTable(table).map(sigmoid), turned)).value
  const half = answered(refitTrees(model, table, turned, { share: 0.5 })).model
  const whole = answered(refitTrees(model, table, turned, { share: 1 })).model
  assert.ok(loss(whole) < loss(half) && loss(half) < loss(model))
  assert.deepEqual(
    whole.trees.map(tree => tree.threshold),
    model.trees.map(tree => tree.threshold),
  )
  assert.equal(JSON.stringify(model), before)
})

test('leaves no row falls into keep their value, and rows of weight 0 are no rows', () => {
  const one = { rows: 1, columns: 4, values: table.values.subarray(0, 4) }
  const refitted = answered(refitTrees(model, one, Uint8Array.of(1), { share: 1 })).model
  refitted.trees.forEach((tree, t) => {
    const moved = tree.value.filter((value, i) => value !== model.trees[t]!.value[i]).length
    assert.ok(moved <= 1, `tree ${t}: ${moved} leaves moved`)
  })
  const weights = new Float64Array(4000)
  assert.deepEqual(answered(refitTrees(model, table, y, { share: 1, weights })).model, model)
})

test('what cannot be refitted is refused with its code', () => {
  const code = (options: RefitOptions, labels = y) => codeOf(refitTrees(model, table, labels, options))
  const empty = { rows: 0, columns: 4, values: new Float64Array(0) }
  assert.equal(codeOf(refitTrees(model, empty, new Uint8Array(0), { share: 1 })), 'empty')
  for (const share of [0, 2, NaN]) assert.equal(code({ share }), 'out_of_range')
  assert.equal(code({ share: 1, lambda: -1 }), 'out_of_range')
  assert.equal(code({ share: 1, learningRate: 0 }), 'out_of_range')
  assert.equal(code({ share: 1 }, new Uint8Array(4000).fill(3)), 'out_of_range')
  assert.equal(code({ share: 1, weights: new Float64Array(4000).fill(-1) }), 'out_of_range')
  assert.throws(() => refitTrees(model, table, y.subarray(1), { share: 1 }), RangeError)
})
