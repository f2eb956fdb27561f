import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { arrivedBy } from './delay-law.ts'
import { delayLawsByOutcome } from './laws-by-outcome.ts'

test('a rare and slow outcome gets its own law and its own share back, which the settled rows hide', () => {
  const draw = rng('two laws')
  const n = 6000
  const ages = new Float64Array(n)
  const outcomes = new Int8Array(n)
  for (let i = 0; i < n; i++) {
    const outcome = draw.uniform() < 0.2 ? 1 : 0
    // Class 0 within 4 days, class 1 within 20, evenly; rows began in the last 60 days.
    const delay = draw.uniform() * (outcome === 1 ? 20 : 4)
    const since = draw.uniform() * 60
    ages[i] = Math.min(delay, since)
    outcomes[i] = delay <= since ? outcome : -1
  }
  const settled = outcomes.filter(outcome => outcome >= 0)
  const naive = settled.reduce((sum, outcome) => sum + outcome, 0) / settled.length
  const { laws, baseRate } = answered(delayLawsByOutcome(ages, outcomes))
  assert.ok(naive < 0.18, `${naive}`)
  // Standard error of a share of .2 in 6,000 rows: .005.
  assertClose(baseRate, 0.2, 0.08)
  assertClose(arrivedBy(laws[1], 10), 0.5, 0.1)
  assertClose(arrivedBy(laws[0], 2), 0.5, 0.1)
})

test('without open rows the laws are those of the two classes apart', () => {
  const { laws, baseRate } = answered(delayLawsByOutcome(Float64Array.of(1, 2, 3, 4), Int8Array.of(0, 1, 0, 1)))
  assert.equal(baseRate, 0.5)
  assert.deepEqual([arrivedBy(laws[0], 1), arrivedBy(laws[0], 3)], [0.5, 1])
  assert.deepEqual([arrivedBy(laws[1], 1), arrivedBy(laws[1], 2)], [0, 0.5])
})

test('nothing, one outcome only and odd outcomes are refused; unequal arrays throw', () => {
  assert.equal(codeOf(delayLawsByOutcome(new Float64Array(0), new Int8Array(0))), 'empty')
  assert.equal(codeOf(delayLawsByOutcome(Float64Array.of(1, 2), Int8Array.of(1, -1))), 'one_class')
  assert.equal(codeOf(delayLawsByOutcome(Float64Array.of(1, 2), Int8Array.of(1, 3))), 'out_of_range')
  assert.equal(codeOf(delayLawsByOutcome(Float64Array.of(1, NaN), Int8Array.of(1, 0))), 'not_finite')
  assert.throws(() => delayLawsByOutcome(Float64Array.of(1), new Int8Array(2)), RangeError)
})
