import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answered } from '../testing/oracles.ts'
import { compileTrees } from './compile-trees.ts'
import { fitTrees } from './fit-trees.ts'
import { numericFeatures, treeWorld } from './testing/tree-world.ts'
import type { Tree, TreeModel } from './tree-model.ts'
import { fitTreeFeatures, treeTable } from './tree-table.ts'

test('one row, many rows and a table of numbers give the same bits', () => {
  for (const missing of [0, 0.2]) {
    const { table, y } = treeWorld(700, 5, 'bits', missing)
    const { model } = answered(fitTrees(numericFeatures(5), table, y, { trees: 42 }))
    const compiled = compileTrees(model)
    const z = compiled.scoreTable(table)
    const rows = Array.from({ length: 700 }, (_, i) =>
      [...table.values.subarray(5 * i, 5 * i + 5)].map(value => (Number.isNaN(value) ? null : value)),
    )
    assert.deepEqual(compiled.scoreBatch(rows), z)
    rows.forEach((row, i) => {
      assert.equal(compiled.score(row).z, z[i])
      assert.equal(compiled.scoreNumbers(table.values.subarray(5 * i, 5 * i + 5)), z[i])
    })
  }
})

test('raw rows become numbers: yes/no, levels by first appearance, rare and new levels missing', () => {
  const specs = [
    { name: 'age', kind: 'numeric' },
    { name: 'hour', kind: 'cyclic' },
    { name: 'back', kind: 'boolean' },
    { name: 'city', kind: 'categorical' },
  ] as const
  const rows = [
    [30, 5, true, 'Rome'],
    [null, 23, false, 'Oslo'],
    [NaN, 0, null, null],
  ]
  const features = fitTreeFeatures(specs, rows)
  assert.deepEqual(features[3], { name: 'city', kind: 'categorical', levels: ['Rome', 'Oslo'] })
  const table = treeTable(features, [...rows, [-0, 1, 1, 'Bonn']])
  assert.deepEqual([...table.values], [30, 5, 1, 0, NaN, 23, 0, 1, NaN, 0, NaN, NaN, 0, 1, 1, NaN])
  const many = Array.from({ length: 600 }, (_, i) => [i < 300 ? `once ${i}` : `often ${i % 100}`])
  const [kept] = fitTreeFeatures([{ name: 'city', kind: 'categorical' }], many)
  assert.ok(kept?.kind === 'categorical' && kept.levels.length === 255)
  assert.equal(kept.levels.filter(level => level.startsWith('often')).length, 100)
})

const whole: Tree = {
  left: [1, 0, 0],
  feature: [0, 0, 0],
  threshold: [0.5, 0, 0],
  missingLeft: [1, 0, 0],
  value: [0, -1, 1],
  cover: [2, 1, 1],
  sets: [],
}
const modelOf = (tree: Tree, base = 0): TreeModel => ({
  kind: 'boosted-trees',
  version: 1,
  features: numericFeatures(1),
  base,
  trees: [tree],
})

test('a value at the cut goes left, infinities go to their ends, and -0 is 0', () => {
  const compiled = compileTrees(modelOf({ ...whole, threshold: [0, 0, 0], missingLeft: [0, 0, 0] }))
  const values = Float64Array.of(0, -0, Infinity, -Infinity, 1e-300, NaN)
  assert.deepEqual([...compiled.scoreTable({ rows: 6, columns: 1, values })], [-1, -1, 1, -1, 1, 1])
})

test('a model that is not whole never serves', () => {
  compileTrees(modelOf(whole))
  for (const broken of [
    { ...whole, left: [2, 0, 0] },
    { ...whole, left: [1, 1, 0] },
    { ...whole, left: [0, 0, 0] },
    { ...whole, left: [] },
    { ...whole, value: [0, 1] },
    { ...whole, value: [0, NaN, 1] },
    { ...whole, feature: [1, 0, 0] },
    { ...whole, threshold: [Infinity, 0, 0] },
  ])
    assert.throws(() => compileTrees(modelOf(broken)), RangeError, JSON.stringify(broken))
  assert.throws(() => compileTrees(modelOf(whole, NaN)), RangeError)
  const table = { rows: 1, columns: 2, values: new Float64Array(2) }
  assert.throws(() => compileTrees(modelOf(whole)).scoreTable(table), RangeError)
  assert.throws(() => compileTrees(modelOf(whole)).scoreNumbers(new Float64Array(0)), RangeError)
})
