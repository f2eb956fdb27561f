import assert from 'node:assert/strict'
import { test } from 'node:test'
import { binomialCdf } from '../special/binomial.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose, oracles } from '../testing/oracles.ts'
import { clopperPearson } from './clopper-pearson.ts'

test('the one-sided 95 % bound equals SciPy to 1e-10', () => {
  for (const { k, n, cp_upper_95 } of oracles.risk) {
    assertClose(answered(clopperPearson(k, n, 0.9)).upper, cp_upper_95, 1e-10, `${k}/${n}`)
  }
})

test('it covers at least its level for every true share, summed exactly over all outcomes of 20 trials', () => {
  for (let share = 0.02; share < 1; share += 0.049) {
    let covered = 0
    for (let hits = 0; hits <= 20; hits++) {
      const { lower, upper } = answered(clopperPearson(hits, 20, 0.9))
      if (lower <= share && share <= upper) covered += binomialCdf(hits, 20, share) - binomialCdf(hits - 1, 20, share)
    }
    assert.ok(covered >= 0.9 - 1e-12, `share ${share}: ${covered}`)
  }
})

test('the ends are exact and bad counts are refused', () => {
  assert.equal(answered(clopperPearson(0, 9)).lower, 0)
  assert.equal(answered(clopperPearson(9, 9)).upper, 1)
  assert.equal(codeOf(clopperPearson(0, 0)), 'empty')
  assert.equal(codeOf(clopperPearson(2, 1)), 'out_of_range')
})
