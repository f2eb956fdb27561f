import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rocAuc } from '../metrics/roc-auc.ts'
import { rng } from '../rng.ts'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { compileTrees } from './compile-trees.ts'
import { fitTrees, type TreeOptions } from './fit-trees.ts'
import { numericFeatures, treeWorld } from './testing/tree-world.ts'
import type { TreeFeature } from './tree-model.ts'

const small: TreeOptions = { trees: 10, depth: 3 }

test('trees learn a product and a threshold that no straight line can', () => {
  const { table, y } = treeWorld(6000, 5, 'learn')
  const later = treeWorld(3000, 5, 'later')
  const { model } = answered(fitTrees(numericFeatures(5), table, y, { trees: 60 }))
  const auc = answered(rocAuc(compileTrees(model).scoreTable(later.table), later.y)).value
  assert.ok(auc > 0.85, `AUC ${auc}`)
})

test('one split of one tree is the best split by the formula, leaf values and cover included', () => {
  // Base 0, so g = p - y = ±.5 and h = .25 per row. Parting 1,2 | 3,4 gives G = 1 and -1, H = .5 on either side.
  const table = { rows: 4, columns: 1, values: Float64Array.of(1, 2, 3, 4) }
  const options = { trees: 1, depth: 1, learningRate: 0.3, lambda: 2, minChildWeight: 0.1 }
  const { model } = answered(fitTrees(numericFeatures(1), table, Uint8Array.of(0, 0, 1, 1), options))
  assert.equal(model.base, 0)
  assert.deepEqual(model.trees, [
    {
      left: [1, 0, 0],
      feature: [0, 0, 0],
      threshold: [2.5, 0, 0],
      missingLeft: [1, 0, 0],
      value: [0, (0.3 * -1) / 2.5, (0.3 * 1) / 2.5],
      cover: [1, 0.5, 0.5],
      sets: [],
    },
  ])
})

test('gamma is what a split must gain: half the sum of the squares, to the last digit', () => {
  const table = { rows: 4, columns: 1, values: Float64Array.of(1, 2, 3, 4) }
  const gain = 0.5 * (1 / 2.5 + 1 / 2.5)
  const splits = (gamma: number) =>
    answered(
      fitTrees(numericFeatures(1), table, Uint8Array.of(0, 0, 1, 1), {
        trees: 1,
        lambda: 2,
        depth: 1,
        minChildWeight: 0,
        gamma,
      }),
    ).model.trees[0]!.left[0]
  assert.equal(splits(gain * (1 - 1e-12)), 1)
  assert.equal(splits(gain), 0)
})

test('missing values go to the side that fits them, whichever it is', () => {
  const draw = rng('missing')
  for (const odds of [0.9, 0.1]) {
    const values = Float64Array.from({ length: 2000 }, () => (draw.uniform() < 0.3 ? NaN : draw.uniform()))
    const y = Uint8Array.from(values, x => (draw.uniform() < (Number.isNaN(x) ? odds : x > 0.5 ? 0.9 : 0.1) ? 1 : 0))
    const table = { rows: 2000, columns: 1, values }
    const { model } = answered(fitTrees(numericFeatures(1), table, y, { trees: 1, depth: 1 }))
    assert.equal(model.trees[0]!.missingLeft[0], odds > 0.5 ? 0 : 1)
    const [missing, high, low] = compileTrees(model).scoreBatch([[null], [0.8], [0.2]])
    assert.equal(missing, odds > 0.5 ? high : low)
  }
})

test('missing values alone are reason enough for a split', () => {
  const table = { rows: 40, columns: 1, values: Float64Array.from({ length: 40 }, (_, i) => (i % 2 ? NaN : 7)) }
  const y = Uint8Array.from({ length: 40 }, (_, i) => i % 2)
  const compiled = compileTrees(answered(fitTrees(numericFeatures(1), table, y, small)).model)
  assert.ok(compiled.score([null]).z > 1 && compiled.score([7]).z < -1)
})

test('a weight of 2 is the row twice, a weight of 0 is no row', () => {
  const { table: fine, y } = treeWorld(500, 3, 'weights')
  // Few values, each present with a weight, so that both fits have the same cuts.
  const table = { ...fine, values: fine.values.map(Math.round) }
  const weights = Float64Array.from({ length: 500 }, (_, i) => i % 3)
  const rows = [...weights].flatMap((weight, i) => Array.from({ length: weight }, () => i))
  const repeated = {
    rows: rows.length,
    columns: 3,
    values: Float64Array.from(rows.flatMap(i => [...table.values.subarray(3 * i, 3 * i + 3)])),
  }
  const weighted = answered(fitTrees(numericFeatures(3), table, y, { ...small, weights }))
  const twice = answered(
    fitTrees(
      numericFeatures(3),
      repeated,
      Uint8Array.from(rows, i => y[i]!),
      small,
    ),
  )
  const a = compileTrees(weighted.model).scoreTable(repeated)
  const b = compileTrees(twice.model).scoreTable(repeated)
  a.forEach((z, i) => {
    assert.ok(Math.abs(z - b[i]!) < 1e-9, `${z} for ${b[i]}`)
  })
})

test('monotone columns never lower, or never raise, the score, wherever one looks', () => {
  const { table, y } = treeWorld(4000, 4, 'monotone')
  const { model } = answered(
    fitTrees(numericFeatures(4), table, y, { trees: 40, depth: 5, monotone: [1, 0, -1, 0], learningRate: 0.3 }),
  )
  const compiled = compileTrees(model)
  const draw = rng('probe')
  for (let k = 0; k < 200; k++) {
    const point = Array.from({ length: 4 }, () => draw.uniform() * 4 - 2)
    const along = (column: number) =>
      compiled.scoreBatch(
        Array.from({ length: 41 }, (_, s) => point.map((value, j) => (j === column ? s / 10 - 2 : value))),
      )
    along(0).forEach((z, s, all) => {
      assert.ok(s === 0 || z >= all[s - 1]! - 1e-12)
    })
    along(2).forEach((z, s, all) => {
      assert.ok(s === 0 || z <= all[s - 1]! + 1e-12)
    })
  }
})

test('without the constraint the same data is not monotone, so the test above can fail', () => {
  const { table, y } = treeWorld(4000, 4, 'monotone')
  const { model } = answered(fitTrees(numericFeatures(4), table, y, { trees: 40, depth: 5, learningRate: 0.3 }))
  const along = compileTrees(model).scoreBatch(Array.from({ length: 41 }, (_, s) => [s / 10 - 2, -1.5, 0, 0]))
  assert.ok(along.some((z, s) => s > 0 && z < along[s - 1]! - 1e-3))
})

for (const levels of [6, 40]) {
  test(`a column of ${levels} levels is parted by what its levels do, not by their number`, () => {
    const draw = rng(`levels ${levels}`)
    const names = Array.from({ length: levels }, (_, k) => `level ${k}`)
    const features: TreeFeature[] = [{ name: 'who', kind: 'categorical', levels: names }]
    const values = Float64Array.from({ length: 4000 }, () => draw.int(levels))
    const likely = (level: number) => (level % 3 === 1 ? 0.8 : 0.2)
    const y = Uint8Array.from(values, level => (draw.uniform() < likely(level) ? 1 : 0))
    const { model } = answered(
      fitTrees(features, { rows: 4000, columns: 1, values }, y, { trees: 40, depth: levels > 16 ? 1 : 2 }),
    )
    const compiled = compileTrees(model)
    names.forEach((name, level) => {
      assert.equal(compiled.score([name]).z > 0, likely(level) > 0.5, name)
    })
    // With 40 levels a single question parts them all: the ordering finds the best two groups at once.
    if (levels === 40) {
      const set = model.trees[0]!.sets[0]!
      const side = set.includes(1)
      names.forEach((_, level) => {
        assert.equal(set.includes(level), (level % 3 === 1) === side, `level ${level}`)
      })
    }
    const unseen = compiled.score(['never seen'])
    assert.deepEqual(unseen.unseen, ['who'])
    assert.equal(unseen.z, compiled.score([null]).z)
    assert.deepEqual(compiled.score([null]).unseen, [])
  })
}

test('stopping listens to the latest rows only, and the model ends at their lowest loss', () => {
  const { table, y } = treeWorld(3000, 4, 'stop')
  const options = { trees: 400, learningRate: 0.3, stopOn: { rows: 800, patience: 10 } }
  const fit = answered(fitTrees(numericFeatures(4), table, y, options))
  const kept = fit.model.trees.length
  assert.ok(kept < 200 && fit.stopLoss.length === kept + 10, `${kept} trees of ${fit.stopLoss.length}`)
  assert.equal(Math.min(...fit.stopLoss), fit.stopLoss[kept - 1])
  assert.equal(fit.n, 2200)
  // The model itself is that of the training rows alone, so later labels turned round only move the stop.
  const plain = answered(
    fitTrees(
      numericFeatures(4),
      { rows: 2200, columns: 4, values: table.values.subarray(0, 8800) },
      y.subarray(0, 2200),
      { trees: kept, learningRate: 0.3 },
    ),
  )
  assert.deepEqual(plain.model, fit.model)
})

test('continuing a model adds to its trees and equals a fit that never paused', () => {
  const { table, y } = treeWorld(1000, 3, 'continue')
  const first = answered(fitTrees(numericFeatures(3), table, y, { trees: 5 }))
  const second = answered(fitTrees(numericFeatures(3), table, y, { trees: 7, from: first.model }))
  const whole = answered(fitTrees(numericFeatures(3), table, y, { trees: 12 }))
  assert.deepEqual(second.model, whole.model)
})

test('random shares of rows and columns are drawn from the generator given, the same ones each time', () => {
  const { table, y } = treeWorld(2000, 6, 'sample')
  const fit = (seed: string) =>
    answered(fitTrees(numericFeatures(6), table, y, { ...small, sample: { rows: 0.5, columns: 0.5, rng: rng(seed) } }))
      .model
  assert.deepEqual(fit('a'), fit('a'))
  assert.notDeepEqual(fit('a'), fit('b'))
  for (const tree of fit('a').trees) {
    const asked = new Set(tree.feature.filter((_, i) => tree.left[i] !== 0))
    assert.ok(asked.size <= 3, 'half of six columns')
  }
})

test('constant columns are never asked, and too few rows give a single leaf', () => {
  const values = Float64Array.from({ length: 200 }, (_, k) => (k % 2 ? 5 : k))
  const y = Uint8Array.from({ length: 100 }, (_, i) => (i > 40 ? 1 : 0))
  const table = { rows: 100, columns: 2, values }
  const { model } = answered(fitTrees(numericFeatures(2), table, y, small))
  assert.ok(model.trees.every(tree => tree.feature.every(column => column === 0)))
  const none = answered(fitTrees(numericFeatures(2), table, y, { ...small, minChildRows: 51 })).model
  assert.ok(none.trees.every(tree => tree.left.length === 1))
  const few = answered(fitTrees(numericFeatures(2), table, y, { ...small, minChildRows: 10 })).model
  assert.ok(few.trees.every(tree => tree.left.length >= 3))
})

test('no columns, all missing and all equal rows give the base rate', () => {
  const y = Uint8Array.of(0, 0, 0, 1)
  const tables = [
    { rows: 4, columns: 0, values: new Float64Array(0) },
    { rows: 4, columns: 1, values: new Float64Array(4).fill(NaN) },
    { rows: 4, columns: 1, values: new Float64Array(4).fill(-0) },
  ]
  for (const table of tables) {
    const { model } = answered(fitTrees(numericFeatures(table.columns), table, y, small))
    for (const z of compileTrees(model).scoreTable(table)) assert.ok(Math.abs(z - Math.log(1 / 3)) < 1e-9)
  }
})

test('the model survives JSON bit for bit, and nothing given is written to', () => {
  const { table, y } = treeWorld(800, 4, 'json')
  const before = [table.values.slice(), y.slice()]
  const { model } = answered(fitTrees(numericFeatures(4), table, y, small))
  assert.deepEqual([table.values, y], before)
  assert.ok(allFinite(model))
  const back: typeof model = JSON.parse(JSON.stringify(model))
  assert.deepEqual(back, model)
  const scores = compileTrees(model).scoreTable(table)
  assert.deepEqual(compileTrees(back).scoreTable(table), scores)
})

test('what cannot be fitted is refused with its code', () => {
  const { table, y } = treeWorld(50, 2, 'refuse')
  const features = numericFeatures(2)
  const code = (options: TreeOptions, labels = y) => codeOf(fitTrees(features, table, labels, options))
  assert.equal(
    codeOf(fitTrees(features, { rows: 0, columns: 2, values: new Float64Array(0) }, new Uint8Array(0))),
    'empty',
  )
  assert.equal(code({}, new Uint8Array(50)), 'one_class')
  assert.equal(code({}, new Uint8Array(50).fill(1)), 'one_class')
  assert.equal(code({ weights: new Float64Array(50) }), 'one_class')
  assert.equal(code({}, new Uint8Array(50).fill(2)), 'out_of_range')
  for (const bad of [-1, NaN, Infinity]) assert.equal(code({ weights: new Float64Array(50).fill(bad) }), 'out_of_range')
  for (const wrong of [
    { trees: 0 },
    { depth: 11 },
    { learningRate: 0 },
    { lambda: -1 },
    { gamma: NaN },
    { lambda: 0, minChildWeight: 0 },
    { minChildRows: 0 },
    { workers: 0 },
    { stopOn: { rows: 50 } },
    { stopOn: { rows: 10, patience: 0 } },
    { sample: { rows: 0, rng: rng(1) } },
  ])
    assert.equal(code(wrong), 'out_of_range', JSON.stringify(wrong))
  assert.equal(code({ tick: done => done < 3 }), 'stopped')
  const infinite = { rows: 2, columns: 1, values: Float64Array.of(1, -Infinity) }
  assert.equal(codeOf(fitTrees(numericFeatures(1), infinite, Uint8Array.of(0, 1))), 'not_finite')
  assert.throws(() => fitTrees(features, table, y.subarray(1)), RangeError)
  assert.throws(() => fitTrees(numericFeatures(3), table, y), RangeError)
})

/** The root of one tree over one column, rows of weight .25 each. */
const rootOf = (values: readonly number[], y: readonly number[], options: TreeOptions) => {
  const table = { rows: values.length, columns: 1, values: Float64Array.from(values) }
  const { model } = answered(
    fitTrees(numericFeatures(1), table, Uint8Array.from(y), { trees: 1, depth: 1, ...options }),
  )
  const { left, threshold, missingLeft } = model.trees[0]!
  return { splits: left[0]! > 0, threshold: threshold[0]!, missingLeft: missingLeft[0]! }
}

test('a leaf may have exactly the least weight, with missing values to its side and where values are bounded too', () => {
  const half = { minChildWeight: 0.5 }
  const apart = { splits: true, threshold: 2.5 }
  assert.deepEqual(rootOf([1, 2, 3, 4], [0, 0, 1, 1], half), { ...apart, missingLeft: 1 })
  assert.deepEqual(rootOf([1, 2, 3, 4], [0, 0, 1, 1], { ...half, monotone: [1] }), { ...apart, missingLeft: 1 })
  assert.deepEqual(rootOf([NaN, 2, 3, 4], [0, 0, 1, 1], half), { ...apart, missingLeft: 1 })
  assert.equal(rootOf([1, 2, 3, 4], [0, 0, 1, 1], { minChildWeight: 0.5 + 1e-9 }).splits, false)
  assert.equal(rootOf([NaN, 2, 3, 4], [0, 0, 1, 1], { minChildWeight: 0.5 + 1e-9 }).splits, false)
})

test('of two cuts that gain the same the first is taken', () => {
  assert.equal(rootOf([1, 2, 3, 4], [0, 1, 1, 0], { minChildWeight: 0.1 }).threshold, 1.5)
})

test('a column that must rise is split where it rises, and not where it falls', () => {
  const split = (y: readonly number[], way: 1 | -1) =>
    rootOf([1, 2, 3, 4], y, { minChildWeight: 0.1, monotone: [way] }).splits
  const [up, down] = [
    [0, 0, 1, 1],
    [1, 1, 0, 0],
  ] as const
  assert.deepEqual([split(up, 1), split(down, -1), split(down, 1), split(up, -1)], [true, true, false, false])
})
