import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose, oracles } from '../testing/oracles.ts'
import { wilson } from './wilson.ts'

test('the Wilson interval equals statsmodels to 1e-10', () => {
  for (const { k, n, wilson_95 } of oracles.risk) {
    const { lower, upper } = answered(wilson(k, n, 0.95))
    assert.ok(Math.abs(lower - wilson_95[0]) < 1e-12, `lower of ${k}/${n}`)
    assertClose(upper, wilson_95[1], 1e-10, `upper of ${k}/${n}`)
  }
})

test('no hits start at exactly 0, all hits end at exactly 1', () => {
  assert.equal(answered(wilson(0, 7)).lower, 0)
  assert.equal(answered(wilson(7, 7)).upper, 1)
})

test('no trials, too many hits, halves and odd levels are refused', () => {
  assert.equal(codeOf(wilson(0, 0)), 'empty')
  for (const bad of [
    wilson(3, 2),
    wilson(-1, 2),
    wilson(0.5, 2),
    wilson(1, 2.5),
    wilson(1, NaN),
    wilson(1, 2, 1),
    wilson(1, 2, NaN),
  ]) {
    assert.equal(codeOf(bad), 'out_of_range')
  }
})
