import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered, assertClose, oracles } from '../testing/oracles.ts'
import { rocAuc } from './roc-auc.ts'

const score = Float64Array.from(oracles.metrics.score)
const y = Uint8Array.from(oracles.metrics.y)

test('the AUC of tied scores equals scikit-learn to 1e-12', () => {
  assertClose(answered(rocAuc(score, y)).value, oracles.metrics.auc, 1e-12)
})

test('the AUC is the share of pairs ranked right, ties counting half', () => {
  const draw = rng('pairs')
  const scores = Float64Array.from({ length: 80 }, () => draw.int(12) - 6)
  const labels = Uint8Array.from(scores, s => (draw.uniform() < 0.4 + s / 20 ? 1 : 0))
  let pairs = 0
  let right = 0
  for (let i = 0; i < 80; i++) {
    for (let j = 0; j < 80; j++) {
      if (labels[i] !== 1 || labels[j] !== 0) continue
      pairs++
      right += scores[i]! > scores[j]! ? 1 : scores[i] === scores[j] ? 0.5 : 0
    }
  }
  assertClose(answered(rocAuc(scores, labels)).value, right / pairs, 1e-14)
})

test('order of rows, doubling and rising maps change nothing; swapping the classes mirrors it', () => {
  const { value } = answered(rocAuc(score, y))
  const reversed = rocAuc(score.toReversed(), y.toReversed())
  const doubled = rocAuc(Float64Array.of(...score, ...score), Uint8Array.of(...y, ...y))
  const mapped = rocAuc(
    score.map(s => Math.exp(3 * s) - 5),
    y,
  )
  const swapped = rocAuc(
    score,
    y.map(label => 1 - label),
  )
  assertClose(answered(reversed).value, value, 1e-14)
  assertClose(answered(doubled).value, value, 1e-14)
  assertClose(answered(mapped).value, value, 1e-14)
  assertClose(answered(swapped).value, 1 - value, 1e-14)
})

test('all scores equal give one half, perfect ranking 1, -0 ties with 0', () => {
  assert.equal(answered(rocAuc(new Float64Array(5), Uint8Array.of(0, 1, 0, 1, 1))).value, 0.5)
  assert.equal(answered(rocAuc(Float64Array.of(1, 2), Uint8Array.of(0, 1))).value, 1)
  assert.equal(answered(rocAuc(Float64Array.of(-0, 0), Uint8Array.of(0, 1))).value, 0.5)
})

test('no rows, one class and scores that are not finite are refused', () => {
  assert.equal(codeOf(rocAuc(new Float64Array(0), new Uint8Array(0))), 'empty')
  assert.equal(codeOf(rocAuc(Float64Array.of(1), Uint8Array.of(1))), 'one_class')
  for (const bad of notFinite) assert.equal(codeOf(rocAuc(bad, Uint8Array.of(0, 1, 1))), 'not_finite')
})
