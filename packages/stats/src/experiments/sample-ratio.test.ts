import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holm } from '../multiple/family-wise.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { sampleRatio } from './sample-ratio.ts'
import { twoProportions } from './two-proportions.ts'

test('customer-ops fact 60: 5200 against 4800 is broken (p 6.3e-5), 500 against 600 is healthy (p 0.0026)', () => {
  const broken = answered(sampleRatio([5200, 4800], [1, 1]))
  assert.equal(broken.p.toExponential(1), '6.3e-5')
  assert.ok(broken.mismatch)
  const healthy = answered(sampleRatio([500, 600], [0.5, 0.5]))
  assert.equal(healthy.p.toFixed(4), '0.0026')
  assert.ok(!healthy.mismatch)
})

test('Cookie Cats: p .0086 and .44 points, no alarm', () => {
  const ratio = answered(sampleRatio([44_700, 45_489], [1, 1]))
  assert.ok(Math.abs(ratio.p - 0.0086) < 5e-5)
  assert.ok(Math.abs(ratio.deviation - 0.0044) < 5e-5)
  assert.ok(!ratio.mismatch)
})

test('Hillstrom e-mail: three arms with p .9037, both mailings beat none after Holm', () => {
  const [men, none, women] = [21_307, 21_306, 21_387]
  assert.ok(Math.abs(answered(sampleRatio([men, none, women], [1, 1, 1])).p - 0.9037) < 1e-4)
  const visits = [3894, 2262, 3238] as const
  const [m, n, w] = [visits[0] / men, visits[1] / none, visits[2] / women]
  assert.ok(Math.abs(m - 0.18276) < 1e-4 && Math.abs(n - 0.10617) < 1e-4 && Math.abs(w - 0.1514) < 1e-4)
  const p = [
    answered(twoProportions(visits[1], none, visits[0], men)).p,
    answered(twoProportions(visits[1], none, visits[2], women)).p,
    answered(twoProportions(visits[2], women, visits[0], men)).p,
  ]
  assert.ok(answered(holm(Float64Array.from(p))).adjusted.every(value => value < 1e-12))
})

test('a tiny deviation of a huge experiment has evidence but no size, and is no alarm', () => {
  const huge = answered(sampleRatio([5_010_000, 4_990_000], [1, 1]))
  assert.ok(huge.p < 1e-9 && !huge.mismatch)
})

test('unequal plans are compared with themselves', () => {
  const ratio = answered(sampleRatio([900, 100], [9, 1]))
  assert.equal(ratio.p, 1)
  assertClose(answered(sampleRatio([880, 120], [9, 1])).chiSquare, 400 / 900 + 400 / 100, 1e-12)
})

test('no units, one arm, small expectations and bad plans are refused', () => {
  assert.equal(codeOf(sampleRatio([0, 0], [1, 1])), 'empty')
  assert.equal(codeOf(sampleRatio([10], [1])), 'too_few')
  assert.equal(codeOf(sampleRatio([4, 5], [1, 1])), 'too_few')
  assert.equal(codeOf(sampleRatio([10, 10], [1, 0])), 'out_of_range')
  assert.equal(codeOf(sampleRatio([10, NaN], [1, 1])), 'out_of_range')
  assert.throws(() => sampleRatio([1, 2], [1]), RangeError)
})
