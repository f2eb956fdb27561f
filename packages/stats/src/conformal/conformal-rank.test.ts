import assert from 'node:assert/strict'
import { test } from 'node:test'
import { incompleteBeta } from '../special/incomplete-beta.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose, oracles } from '../testing/oracles.ts'
import { conformalRank, coverageLaw, rowsNeeded } from './conformal-rank.ts'

const { scores, q, coverage_law } = oracles.conformal_quantile

test('the order statistic is that of the oracle at seven levels, also where none exists', () => {
  for (const [alpha, expected] of Object.entries(q)) {
    const rank = conformalRank(scores.length, Number(alpha))
    assert.equal(rank === null ? null : scores[rank - 1], expected, `alpha ${alpha}`)
  }
})

test('the law of the coverage equals SciPy to 1e-10', () => {
  for (const { n, alpha, l, mean, sd, q05 } of coverage_law) {
    const law = answered(coverageLaw(n, alpha))
    assert.equal(law.l, l)
    assertClose(law.mean, mean, 1e-10)
    assertClose(law.standardDeviation, sd, 1e-10)
    assertClose(law.fifthPercentile, q05, 1e-10)
  }
})

test('rounding never costs a rank: where (n + 1)·alpha is whole, that many scores lie at or above the rank', () => {
  for (const alpha of [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 1 - 0.9, 1 - 0.95, 1 - 0.99]) {
    const every = Math.round(1 / alpha)
    for (let l = 1; l <= 400; l++) assert.equal(conformalRank(l * every - 1, alpha), l * every - l, `${alpha}, ${l}`)
  }
})

test('the rank exists from rowsNeeded on, not before', () => {
  for (const alpha of [0.3, 0.1, 0.05, 0.01, 1 - 0.9]) {
    for (const delta of [null, 0.1, 0.5]) {
      const need = rowsNeeded(alpha, delta)
      assert.equal(conformalRank(need - 1, alpha, delta), null)
      assert.ok(conformalRank(need, alpha, delta) !== null, `${alpha}, ${delta}`)
    }
  }
})

test('with delta the coverage of one calibration falls short with at most that chance, and one rank less would not do', () => {
  for (const [n, alpha, delta] of [
    [500, 0.1, 0.05],
    [60, 0.1, 0.1],
    [2000, 0.05, 0.01],
  ] as const) {
    const rank = conformalRank(n, alpha, delta)!
    assert.ok(rank > conformalRank(n, alpha)!)
    assert.ok(incompleteBeta(rank, n + 1 - rank, 1 - alpha) <= delta)
    assert.ok(incompleteBeta(rank - 1, n + 2 - rank, 1 - alpha) > delta)
  }
})

test('no rows have no rank, too few have no law, and levels outside (0, 1) are turned away', () => {
  assert.equal(conformalRank(0, 0.1), null)
  assert.equal(codeOf(coverageLaw(8, 0.1)), 'too_few')
  assert.equal(codeOf(coverageLaw(8, NaN)), 'out_of_range')
  for (const alpha of [0, 1, NaN]) assert.throws(() => conformalRank(5, alpha), RangeError)
  assert.throws(() => conformalRank(5, 0.5, 2), RangeError)
})
