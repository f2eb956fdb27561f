import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { decisionOracles } from '../testing/decision-oracles.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { summaryOfCounts } from './compare-means.ts'
import { emptySummary, mergeSummaries, summarise } from './sample-summary.ts'
import { welch, welchOfSummaries } from './welch.ts'

test('customer-ops fact 61: t 2.704, df 4.749, p 0.0449', () => {
  const result = answered(welch([1800, 3600, 5400, 7200, 9000], [900, 1200, 1500, 2400, 3000]))
  assert.equal(result.t.toFixed(3), '2.704')
  assert.equal(result.df.toFixed(3), '4.749')
  assert.equal(result.p.toFixed(4), '0.0449')
  assert.ok(result.lower > 0 && result.lower < result.difference)
})

test('t equals SciPy to 1e-12 and p to 1e-10', () => {
  for (const { x, y, welch_t, welch_p } of decisionOracles.two_sample) {
    const ours = answered(welch(x, y))
    assertClose(ours.t, welch_t, 1e-12)
    assertClose(ours.p, welch_p, 1e-10)
  }
})

test('Cookie Cats, one look: day 1 t -1.78408 p .0744144, day 7 t -3.16403 p .00155653', () => {
  // Players and players back after 1 and 7 days, arms gate_40 and gate_30, counted from the published file.
  const day1 = answered(welchOfSummaries(summaryOfCounts(20_119, 45_489), summaryOfCounts(20_034, 44_700)))
  assert.ok(Math.abs(day1.t + 1.78408) < 1e-5 && Math.abs(day1.p - 0.0744144) < 1e-5)
  const day7 = answered(welchOfSummaries(summaryOfCounts(8279, 45_489), summaryOfCounts(8502, 44_700)))
  assert.ok(Math.abs(day7.t + 3.16403) < 1e-5 && Math.abs(day7.p - 0.00155653) < 1e-5)
})

test('summaries of parts merge into the summary of the whole, even far from zero', () => {
  const draw = rng('summaries')
  const values = Float64Array.from({ length: 500 }, () => 1e8 + draw.uniform())
  const whole = answered(summarise(values))
  const merged = mergeSummaries(answered(summarise(values.slice(0, 123))), answered(summarise(values.slice(123))))
  assert.equal(merged.n, 500)
  assertClose(merged.mean, whole.mean, 1e-15)
  assertClose(merged.squares, whole.squares, 1e-7) // values carry 1.5e-8 of rounding against a spread of .3
  assert.deepEqual(mergeSummaries(emptySummary, emptySummary), emptySummary)
  assert.equal(mergeSummaries(emptySummary, whole).mean, whole.mean)
})

test('tiny spreads do not lose the degrees of freedom', () => {
  const tiny = answered(welch([1e-100, 2e-100, 3e-100], [2e-100, 3e-100, 4e-100]))
  assertClose(tiny.df, 4, 1e-9)
})

test('one row, no rows, no variance and bad numbers are refused', () => {
  assert.equal(codeOf(welch([], [1, 2])), 'empty')
  assert.equal(codeOf(welch([1], [1, 2])), 'too_few')
  assert.equal(codeOf(welch([1, 1], [2, 2])), 'constant')
  for (const bad of [NaN, Infinity, -Infinity]) assert.equal(codeOf(welch([1, bad], [1, 2])), 'not_finite')
  assert.equal(codeOf(welch([1e200, -1e200], [1, 2])), 'not_finite')
  assert.equal(codeOf(welch([1, 2], [3, 4], 0)), 'out_of_range')
})
