import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { decisionOracles } from '../testing/decision-oracles.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { compareMeansAlways, summaryOfCounts } from './compare-means.ts'
import { confidenceSequence } from './confidence-sequence.ts'
import { mixtureSprt } from './mixture-sprt.ts'

test('rho, half width and p equal the reference to 1e-10', () => {
  for (const { n, se, diff, alpha, tuning, rho, halfwidth, p } of decisionOracles.confidence_sequence) {
    const ours = answered(confidenceSequence(diff, se, n, 1 - alpha, tuning))
    assertClose(ours.rho, rho, 1e-10)
    assertClose(ours.halfWidth, halfwidth, 1e-10)
    assertClose(ours.p, p, 1e-10)
  }
})

test('Cookie Cats, day 7, looked at whenever one likes: -.016813 to .000411, p .083293', () => {
  const arms = [summaryOfCounts(8502, 44_700), summaryOfCounts(8279, 45_489)] as const
  const ours = answered(compareMeansAlways(...arms))
  assert.ok(Math.abs(ours.lower + 0.016813) < 1e-5)
  assert.ok(Math.abs(ours.upper - 0.000411) < 1e-5)
  assert.ok(Math.abs(ours.p - 0.083293) < 1e-5)
})

test('p falls below alpha exactly when the interval leaves 0', () => {
  for (let difference = 0; difference < 0.2; difference += 0.003) {
    const { p, lower } = answered(confidenceSequence(difference, 0.02, 1000))
    assert.equal(p < 0.05, lower > 0)
  }
})

test('it is tightest, in standard errors, at its tuning size', () => {
  const width = (n: number) => answered(confidenceSequence(0, 1, n, 0.95, 5000)).halfWidth
  for (const n of [100, 1000, 3000, 8000, 50_000]) assert.ok(width(5000) <= width(n))
})

test('small arms, no variance and bad numbers are refused', () => {
  assert.equal(codeOf(compareMeansAlways(summaryOfCounts(1, 99), summaryOfCounts(50, 500))), 'too_few')
  assert.equal(codeOf(compareMeansAlways(summaryOfCounts(0, 0), summaryOfCounts(50, 500))), 'empty')
  assert.equal(codeOf(compareMeansAlways(summaryOfCounts(0, 200), summaryOfCounts(0, 200))), 'constant')
  assert.equal(codeOf(confidenceSequence(0.1, 0, 500)), 'constant')
  assert.equal(codeOf(confidenceSequence(0.1, 0.1, 0)), 'empty')
  assert.equal(codeOf(confidenceSequence(0.1, -0.1, 5)), 'out_of_range')
  assert.equal(codeOf(confidenceSequence(0.1, 0.1, 5, 0.95, 0)), 'out_of_range')
  for (const bad of [NaN, Infinity]) assert.equal(codeOf(confidenceSequence(bad, 0.1, 500)), 'not_finite')
  assert.ok(allFinite(confidenceSequence(1e9, 1e-9, 1e9)))
})

test('mSPRT: Λ by hand, p never rises, bad input refused', () => {
  // V = 2, n = 50, τ = .5: V + nτ² = 14.5; Λ = √(2/14.5)·exp(2500·.25·.36/(2·2·14.5))
  const look = answered(mixtureSprt(0.6, 2, 50, 0.5))
  assertClose(look.logRatio, Math.log(2 / 14.5) / 2 + (2500 * 0.25 * 0.36) / 58, 1e-12)
  assertClose(look.p, Math.exp(-look.logRatio), 1e-12)
  assert.equal(answered(mixtureSprt(0, 2, 60, 0.5, look.p)).p, look.p)
  assert.equal(answered(mixtureSprt(0, 2, 60, 0.5)).p, 1)
  assert.equal(codeOf(mixtureSprt(0.1, 0, 50, 0.5)), 'out_of_range')
  assert.equal(codeOf(mixtureSprt(NaN, 1, 50, 0.5)), 'not_finite')
  assert.ok(allFinite(mixtureSprt(1e200, 1e-200, 50, 0.5)))
})
