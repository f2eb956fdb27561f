import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainTrees } from '../explain/tree-shap.ts'
import { rng } from '../rng.ts'
import { answered, fixtureText } from '../testing/oracles.ts'
import { compileTrees } from './compile-trees.ts'
import { importXgboost } from './import-xgboost.ts'
import { lastBelow } from './last-below.ts'

/** Made by fixtures/make_xgboost.py. */
interface XgboostFixture {
  readonly model: { learner: { objective: { name: string }; learner_model_param: { base_score: string } } }
  readonly rows: readonly (readonly (number | null)[])[]
  readonly margins: readonly number[]
  readonly contributions: readonly (readonly number[])[]
}

const fixture: XgboostFixture = JSON.parse(fixtureText('xgboost.json'))
const { model } = answered(importXgboost(fixture.model))

test('margins equal those of XGBoost to 1e-5 on rows at its very cuts, missing values included', () => {
  // 12 leaves in single precision: 12 · 2^-24 · |values up to 2| is 1.4e-6.
  compileTrees(model)
    .scoreBatch(fixture.rows)
    .forEach((z, i) => {
      assert.ok(Math.abs(z - fixture.margins[i]!) < 1e-5, `row ${i}: ${z} for ${fixture.margins[i]}`)
    })
})

test('contributions equal those of XGBoost as far as its single precision goes', () => {
  const explained = answered(explainTrees(model).explain(fixture.rows))
  fixture.contributions.forEach((expected, i) => {
    assert.ok(Math.abs(expected[6]! - explained.base) < 1e-4, `base ${explained.base} for ${expected[6]}`)
    for (let j = 0; j < 6; j++)
      assert.ok(Math.abs(expected[j]! - explained.contributions[i * 6 + j]!) < 1e-4, `row ${i}, feature ${j}`)
  })
})

test('moved thresholds send every double the way single precision sends it', () => {
  const draw = rng('thresholds')
  const next = new Float64Array(1)
  const bits = new BigInt64Array(next.buffer)
  for (let k = 0; k < 3000; k++) {
    const t = k < 3 ? [0, 1, -1][k]! : Math.fround((draw.uniform() - 0.5) * 10 ** (draw.int(12) - 6))
    const cut = lastBelow(t)
    assert.ok(Math.fround(cut) < t)
    next[0] = cut
    bits[0]! += cut > 0 ? 1n : -1n
    assert.ok(!(Math.fround(next[0]) < t), `the double after ${cut} still rounds below ${t}`)
  }
})

test('brackets round the base score, as version 3 writes them, are read', () => {
  const other = structuredClone(fixture.model)
  other.learner.learner_model_param.base_score = '[3E-1]'
  assert.equal(answered(importXgboost(other)).model.base, model.base)
})

test('what cannot be read is refused in a sentence', () => {
  const changed = (change: (json: typeof fixture.model) => void) => {
    const copy = structuredClone(fixture.model)
    change(copy)
    const result = importXgboost(copy)
    return result.ok ? 'answered' : result.detail
  }
  assert.match(
    changed(json => {
      json.learner.objective.name = 'multi:softprob'
    }),
    /multi:softprob/,
  )
  assert.match(
    changed(json => {
      json.learner.learner_model_param.base_score = '7'
    }),
    /not a probability/,
  )
  for (const json of [null, 3, {}, { learner: {} }, { learner: { objective: { name: 4 } } }]) {
    const result = importXgboost(json)
    assert.equal(result.ok ? 'answered' : result.code, 'out_of_range')
  }
})
