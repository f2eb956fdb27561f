import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertClose, oracles } from '../testing/oracles.ts'
import { binomialRiskP, hoeffdingBentkusP } from './risk-p-values.ts'

test('both p-values equal SciPy to 1e-10', () => {
  for (const { k, n, alpha, p_binomial, p_hoeffding_bentkus } of oracles.risk) {
    assertClose(binomialRiskP(k, n, alpha), p_binomial, 1e-10, `binomial ${k}/${n}`)
    assertClose(hoeffdingBentkusP(k / n, n, alpha), p_hoeffding_bentkus, 1e-10, `Hoeffding-Bentkus ${k}/${n}`)
  }
})

test('a mean loss at the budget or above it is never evidence, and the p-value falls with the loss', () => {
  for (const loss of [0.1, 0.5, 1]) assert.equal(hoeffdingBentkusP(loss, 50, 0.1), 1)
  let before = 0
  for (let wrong = 0; wrong <= 40; wrong++) {
    const p = hoeffdingBentkusP(wrong / 400, 400, 0.1)
    assert.ok(p >= before)
    before = p
  }
})

test('losses outside [0, 1] and no rows throw', () => {
  for (const bad of [-0.1, 1.1, NaN]) assert.throws(() => hoeffdingBentkusP(bad, 10, 0.1), RangeError)
  assert.throws(() => hoeffdingBentkusP(0, 0, 0.1), RangeError)
})

test('a part of a row counts as a whole one, and what rounding adds to whole rows as nothing', () => {
  // 2.5 rows of 100: Bentkus at three rows is .0213, Hoeffding .0131; at two rows Bentkus would be .0053.
  assert.ok(hoeffdingBentkusP(0.025, 100, 0.1) > 0.013)
  assertClose(hoeffdingBentkusP((0.1 + 0.2) as number, 10, 0.8), hoeffdingBentkusP(0.3, 10, 0.8), 1e-12)
})
