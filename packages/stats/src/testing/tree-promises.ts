import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bruteForceShap } from '../explain/testing/brute-force-shap.ts'
import { explainTrees } from '../explain/tree-shap.ts'
import { rng } from '../rng.ts'
import { compileTrees } from '../trees/compile-trees.ts'
import { fitTrees, type TreeOptions } from '../trees/fit-trees.ts'
import { numericFeatures, treeWorld } from '../trees/testing/tree-world.ts'
import type { TreeFeature, TreeModel } from '../trees/tree-model.ts'
import { allFinite } from './awkward.ts'
import { answered } from './oracles.ts'
import { type PromiseSize, sized } from './promise-size.ts'

/** What boosted trees and their explanations promise, at three sizes. */
export function treePromises(size: PromiseSize): void {
  test('6.12: trees on degenerate rows give a finite model or a typed refusal, and stay byte-identical in use', () => {
    for (const { name, values, columns, y } of degenerateRows) {
      const table = { rows: y.length, columns, values: Float64Array.from(values) }
      for (const options of variants) {
        const before = JSON.stringify([[...table.values].map(String), [...y]])
        const fit = fitTrees(numericFeatures(columns), table, Uint8Array.from(y), options)
        if (fit.ok) {
          assert.ok(allFinite(fit.model), name)
          const stored = JSON.stringify(fit.model)
          const z = compileTrees(fit.model).scoreTable(table)
          assert.ok(z.every(Number.isFinite), name)
          assert.ok(answered(explainTrees(fit.model).explainTable(table)).contributions.every(Number.isFinite), name)
          assert.equal(JSON.stringify(fit.model), stored)
        } else assert.ok(['empty', 'one_class', 'not_finite'].includes(fit.code), `${name}: ${fit.code}`)
        assert.equal(JSON.stringify([[...table.values].map(String), [...y]]), before)
      }
    }
  })

  test('6.13: 1, 2 and 4 workers, and two runs, give the same bytes', () => {
    const rows = sized(size, 15_000, 40_000, 100_000)
    const trees = sized(size, 8, 30, 100)
    const { table, y } = treeWorld(rows, 28, 'workers', 0.03)
    const bytes = (workers: number) =>
      JSON.stringify(
        answered(
          fitTrees(numericFeatures(28), table, y, {
            trees,
            workers,
            stopOn: { rows: rows / 5, patience: trees },
            sample: { rows: 0.8, columns: 0.8, rng: rng('workers') },
          }),
        ),
      )
    const alone = bytes(1)
    for (const workers of size === 'subset' ? [2, 4] : [1, 2, 4])
      assert.equal(bytes(workers), alone, `${workers} workers`)
  })

  test('TreeSHAP equals all subsets of up to 10 features to 1e-9, and adds up to 1e-9', () => {
    const models = sized(size, 6, 30, 60)
    const draw = rng('shap promises')
    let worst = 0
    let worstSum = 0
    for (let k = 0; k < models; k++) {
      const columns = 2 + (k % sized(size, 6, 9, 9))
      const { model, rows } = randomModel(`shap ${k}`, columns, 1 + draw.int(6))
      const table = { rows: 2, columns, values: rows.subarray(0, 2 * columns) }
      const explained = answered(explainTrees(model).explainTable(table))
      for (let row = 0; row < 2; row++) {
        const expected = bruteForceShap(model, [...table.values.subarray(row * columns, (row + 1) * columns)])
        let sum = explained.base
        expected.contributions.forEach((phi, j) => {
          const ours = explained.contributions[row * columns + j]!
          worst = Math.max(worst, Math.abs(phi - ours))
          sum += ours
        })
        worst = Math.max(worst, Math.abs(explained.base - expected.base))
        worstSum = Math.max(worstSum, Math.abs(sum - explained.margins[row]!))
      }
    }
    assert.ok(worst <= 1e-9, `furthest from all subsets: ${worst}`)
    assert.ok(worstSum <= 1e-9, `furthest from the margin: ${worstSum}`)
  })
}

/** A model on numbers with missing values and, in its last column, levels. */
function randomModel(seed: string, columns: number, depth: number): { model: TreeModel; rows: Float64Array } {
  const { table, y } = treeWorld(400, columns, seed, 0.15)
  const draw = rng(`${seed} levels`)
  const count = 2 + draw.int(30)
  const levels = Array.from({ length: count }, (_, k) => `${k}`)
  for (let i = 0; i < 400; i++) table.values[(i + 1) * columns - 1] = draw.int(count)
  const features: TreeFeature[] = [...numericFeatures(columns - 1), { name: 'who', kind: 'categorical', levels }]
  const options = { trees: 4, depth, learningRate: 0.5, minChildWeight: 0.05 }
  return { model: answered(fitTrees(features, table, y, options)).model, rows: table.values }
}

const variants: readonly TreeOptions[] = [
  { trees: 5 },
  { trees: 5, lambda: 0, minChildWeight: 1e-9, learningRate: 1 },
  { trees: 5, lambda: 1e-12, minChildWeight: 0, gamma: 0.1, depth: 10 },
]

const forty = (value: (i: number) => number) => Array.from({ length: 40 }, (_, i) => value(i))
const of = (name: string, values: readonly number[], y: readonly number[], columns = 1) => ({
  name,
  values,
  y,
  columns,
})
const turns = forty(i => i % 2)

const degenerateRows = [
  of('nothing', [], []),
  of('one row', [1], [1]),
  of('two rows', [1, 2], [0, 1]),
  of('two equal rows of both classes', [1, 1], [0, 1]),
  of(
    'class 0 only',
    forty(Number),
    forty(() => 0),
  ),
  of(
    'class 1 only',
    forty(Number),
    forty(() => 1),
  ),
  of(
    'constant',
    forty(() => 3),
    turns,
  ),
  of(
    '0 and -0',
    forty(i => (i % 2 ? 0 : -0)),
    turns,
  ),
  of(
    'all missing',
    forty(() => NaN),
    turns,
  ),
  of(
    'one value, the others missing',
    forty(i => (i === 7 ? 1 : NaN)),
    turns,
  ),
  of(
    'an infinity',
    forty(i => (i === 7 ? Infinity : i)),
    turns,
  ),
  of(
    'a negative infinity',
    forty(i => (i === 7 ? -Infinity : i)),
    turns,
  ),
  of(
    'the ends of doubles',
    forty(i => [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 0][i % 4]!),
    turns,
  ),
  of(
    'separated',
    forty(Number),
    forty(i => (i < 20 ? 0 : 1)),
  ),
  of('no columns', [], turns, 0),
  of(
    'two columns, one of them all missing',
    forty(i => i).flatMap(i => [i, NaN]),
    turns,
    2,
  ),
]
