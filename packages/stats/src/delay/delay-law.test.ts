import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { arrivedBy, delayLaw } from './delay-law.ts'

test('the textbook sample (6-MP arm of Freireich 1963) gives the published survival and standard errors', () => {
  // Remission in weeks; 0 = still in remission when last seen. Published: S(6) .857, S(10) .753, S(23) .448, se(6) .0764.
  const weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
  const seen = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
  const law = answered(delayLaw(Float64Array.from(weeks), Uint8Array.from(seen)))
  assert.deepEqual([...law.delays], [6, 7, 10, 13, 16, 22, 23])
  const survival = [18 / 21, 0.8067227, 0.7529412, 0.6901961, 0.627451, 0.5378151, 0.4481793]
  survival.forEach((share, k) => {
    assertClose(1 - law.arrived[k]!, share, 1e-6)
  })
  assertClose(law.standardErrors[0]!, 0.0764, 1e-3)
  assertClose(law.standardErrors[6]!, 0.1346, 1e-3)
  assert.deepEqual([law.horizon, law.n, law.settled], [35, 21, 9])
  assert.ok(allFinite(law))
})

test('when nothing is open the law is the share of delays so far', () => {
  const law = answered(delayLaw(Float64Array.of(5, 1, 1, 3), Uint8Array.of(1, 1, 1, 1)))
  const expected = [
    [0.5, 0],
    [1, 0.5],
    [4, 0.75],
    [5, 1],
    [99, 1],
  ] as const
  for (const [age, share] of expected) assertClose(arrivedBy(law, age), share, 1e-12)
})

test('open rows correct the law: slow outcomes are not called fast', () => {
  const draw = rng('censored')
  const n = 4000
  const delay = Float64Array.from({ length: n }, () => -10 * Math.log(1 - draw.uniform()))
  const since = Float64Array.from({ length: n }, () => 30 * draw.uniform())
  const ages = delay.map((d, i) => Math.min(d, since[i]!))
  const settled = Uint8Array.from(delay, (d, i) => (d <= since[i]! ? 1 : 0))
  const law = answered(delayLaw(ages, settled))
  // Truth 1 - e^-1 = .632; standard error about .009.
  assertClose(arrivedBy(law, 10), 1 - Math.exp(-1), 0.05)
  const onlySettled = answered(delayLaw(ages, settled, { weights: Float64Array.from(settled) }))
  assert.ok(arrivedBy(onlySettled, 10) > 0.7)
})

test('a weight of two is the row twice and inputs stay as they were', () => {
  const ages = Float64Array.of(1, 2, 3)
  const weights = Float64Array.of(2, 1, 1)
  const law = answered(delayLaw(ages, Uint8Array.of(1, 0, 1), { weights }))
  const twice = answered(delayLaw(Float64Array.of(1, 1, 2, 3), Uint8Array.of(1, 1, 0, 1)))
  assert.deepEqual(law.arrived, twice.arrived)
  assert.deepEqual([...ages, ...weights], [1, 2, 3, 2, 1, 1])
})

test('nothing, nobody settled, negative and infinite ages are refused; unequal arrays throw', () => {
  assert.equal(codeOf(delayLaw(new Float64Array(0), new Uint8Array(0))), 'empty')
  assert.equal(codeOf(delayLaw(Float64Array.of(1, 2), Uint8Array.of(0, 0))), 'too_few')
  assert.equal(codeOf(delayLaw(Float64Array.of(-1, 2), Uint8Array.of(1, 0))), 'out_of_range')
  assert.equal(codeOf(delayLaw(Float64Array.of(Infinity, 2), Uint8Array.of(1, 0))), 'not_finite')
  assert.equal(codeOf(delayLaw(Float64Array.of(1, 2), Uint8Array.of(2, 0))), 'out_of_range')
  assert.throws(() => delayLaw(Float64Array.of(1), new Uint8Array(2)), RangeError)
})
