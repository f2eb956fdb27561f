import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { binomialCdf } from '../special/binomial.ts'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { certifyMissBudget } from './miss-budget.ts'

const draw = rng('miss-budget')
const scores = Float64Array.from({ length: 2000 }, () => draw.uniform())
const y = Uint8Array.from(scores, s => (draw.uniform() < s * 0.2 ? 1 : 0))

test('the cut is the (k + 1)-th smallest score of the positives, k the largest count that still passes', () => {
  const cut = answered(certifyMissBudget(scores, y, 0.2, 0.05))
  const positives = scores.filter((_, i) => y[i] === 1).sort()
  const k = positives.indexOf(cut.below)
  assert.equal(cut.positives, positives.length)
  assert.ok(binomialCdf(k, positives.length, 0.2) <= 0.05 && binomialCdf(k + 1, positives.length, 0.2) > 0.05)
  assert.equal(cut.missed, k)
  assert.equal(cut.cleared, scores.filter(s => s < cut.below).length)
})

test('clearing stays strictly below the cut, so equal scores are not cleared', () => {
  const cut = answered(certifyMissBudget(new Float64Array(200).fill(0.3), new Uint8Array(200).fill(1), 0.1, 0.05))
  assert.deepEqual([cut.below, cut.cleared, cut.missed], [0.3, 0, 0])
})

test('29 positives are the least for a tenth at 5 %; fewer are refused with that number', () => {
  const ones = new Uint8Array(29).fill(1)
  assert.ok(certifyMissBudget(scores.subarray(0, 29), ones, 0.1, 0.05).ok)
  const few = certifyMissBudget(scores.subarray(0, 28), ones.subarray(1), 0.1, 0.05)
  assert.deepEqual(few.ok ? null : [few.code, few.have, few.need], ['not_certifiable', 28, 29])
  assert.equal(codeOf(certifyMissBudget(scores, new Uint8Array(2000), 0.1, 0.05)), 'not_certifiable')
})

test('nothing, bad scores and budgets outside (0, 1) are refused', () => {
  assert.equal(codeOf(certifyMissBudget(new Float64Array(0), new Uint8Array(0), 0.1, 0.05)), 'empty')
  for (const bad of notFinite)
    assert.equal(codeOf(certifyMissBudget(bad, Uint8Array.of(0, 1, 1), 0.1, 0.05)), 'not_finite')
  for (const bad of [0, 1, NaN]) assert.equal(codeOf(certifyMissBudget(scores, y, bad, 0.05)), 'out_of_range')
})
