import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { conformalRank } from './conformal-rank.ts'
import { ageWeights, effectiveSampleSize, fitWeightedScores, weightedThreshold } from './weighted.ts'

const draw = rng('weighted-conformal')
const scores = Float64Array.from({ length: 199 }, () => draw.uniform())

test('equal weights of any size give the order statistic without weights, at every level', () => {
  const sorted = scores.toSorted()
  for (const weight of [1, 0.1, 1e6]) {
    const fit = answered(fitWeightedScores(scores, new Float64Array(199).fill(weight)))
    for (const alpha of [0.5, 0.2, 0.1, 0.05, 0.01, 0.004]) {
      const rank = conformalRank(199, alpha)
      assert.equal(weightedThreshold(fit, weight, alpha), rank === null ? null : sorted[rank - 1])
    }
  }
})

test('a weight of two is the row twice', () => {
  const twice = answered(fitWeightedScores(Float64Array.of(...scores, scores[7]!), new Float64Array(200).fill(1)))
  const weights = new Float64Array(199).fill(1)
  weights[7] = 2
  const once = answered(fitWeightedScores(scores, weights))
  for (const alpha of [0.3, 0.1, 0.05]) {
    assert.equal(weightedThreshold(once, 1, alpha), weightedThreshold(twice, 1, alpha))
  }
})

test('coverage holds under a known shift of the inputs where equal weights fail', () => {
  // x is uniform when calibrating and has density 2x afterwards; the score spreads with x.
  const draws = rng('covariate-shift')
  const x = Float64Array.from({ length: 4000 }, () => draws.uniform())
  const score = x.map(value => value * draws.uniform())
  const weighted = answered(
    fitWeightedScores(
      score,
      x.map(value => 2 * value),
    ),
  )
  const plain = answered(fitWeightedScores(score, new Float64Array(4000).fill(1)))
  const covered = [0, 0]
  for (let i = 0; i < 4000; i++) {
    const later = Math.sqrt(draws.uniform())
    const s = later * draws.uniform()
    if (s <= weightedThreshold(weighted, 2 * later, 0.1)!) covered[0]!++
    if (s <= weightedThreshold(plain, 1, 0.1)!) covered[1]!++
  }
  // 3.7 standard errors of calibration and test together: 3.7·√(.09·(1/4000 + 1/3000)).
  const tolerance = 3.7 * Math.sqrt(0.09 * (1 / 4000 + 1 / 3000))
  assert.ok(Math.abs(covered[0]! / 4000 - 0.9) <= tolerance, `${covered[0]! / 4000}`)
  assert.ok(covered[1]! / 4000 < 0.9 - tolerance, `${covered[1]! / 4000}`)
})

test('the effective size is the number of rows for equal weights, 1 for a single heavy one, 0 for none', () => {
  assert.equal(effectiveSampleSize(new Float64Array(50).fill(3)), 50)
  assert.equal(effectiveSampleSize(Float64Array.of(1e300, 1e-300)), 1)
  assert.equal(effectiveSampleSize(new Float64Array(5)), 0)
  assert.equal(effectiveSampleSize(new Float64Array(0)), 0)
})

test('weights fade with age, and no fading leaves 1', () => {
  assert.deepEqual([...ageWeights(Float64Array.of(0, 1, 2), 0.5)], [1, 0.5, 0.25])
  assert.deepEqual([...ageWeights(Float64Array.of(0, 9), 1)], [1, 1])
  assert.throws(() => ageWeights(Float64Array.of(-1), 0.5), RangeError)
  assert.throws(() => ageWeights(Float64Array.of(1), 0), RangeError)
})

test('too little overlap, nothing and bad numbers are refused', () => {
  const heavy = new Float64Array(199)
  heavy[3] = 1
  assert.equal(codeOf(fitWeightedScores(scores, heavy)), 'low_overlap')
  assert.equal(codeOf(fitWeightedScores(scores, new Float64Array(199))), 'low_overlap')
  assert.equal(codeOf(fitWeightedScores(scores.subarray(0, 99), new Float64Array(99).fill(1))), 'low_overlap')
  assert.equal(codeOf(fitWeightedScores(new Float64Array(0), new Float64Array(0))), 'empty')
  for (const bad of notFinite)
    assert.equal(
      codeOf(
        fitWeightedScores(
          bad,
          bad.map(() => 1),
        ),
      ),
      'not_finite',
    )
  assert.equal(
    codeOf(
      fitWeightedScores(
        scores,
        heavy.map(() => -1),
      ),
    ),
    'out_of_range',
  )
  const fit = answered(fitWeightedScores(scores, new Float64Array(199).fill(1)))
  assert.equal(weightedThreshold(fit, 1e9, 0.1), null)
  assert.throws(() => weightedThreshold(fit, NaN, 0.1), RangeError)
})
