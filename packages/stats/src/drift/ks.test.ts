import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { allFinite, codeOf, notFinite } from '../testing/awkward.ts'
import { driftOracles } from '../testing/drift-oracles.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { ksAsymptoticP, ksDetectableDistance, ksTwoSample } from './ks.ts'
import { ksExactP } from './ks-exact.ts'

for (const [k, expected] of driftOracles.two_sample.entries()) {
  const [x, y] = [Float64Array.from(expected.x), Float64Array.from(expected.y)]
  test(`sample pair ${k}: distance to 1e-12 and exact p to 1e-9 equal SciPy, the asymptotic p to 5 %`, () => {
    const exact = answered(ksTwoSample(x, y))
    assertClose(exact.d, expected.ks, 1e-12)
    assertClose(exact.p, expected.ks_p_exact, 1e-9)
    assert.equal(exact.method, 'exact')
    const asymptotic = answered(ksTwoSample(x, y, { method: 'asymptotic' }))
    assertClose(asymptotic.p, expected.ks_p_asymp, 0.05)
  })
}

test('the exact p of two samples that do not overlap is 2/(n+m choose n), to all digits', () => {
  assertClose(ksExactP(3, 3, 9), 2 / 20, 1e-14)
  assertClose(ksExactP(30, 30, 900), 2 / 1.182645815648614e17, 1e-12)
})

test('small exact p-values equal the count of all merges', () => {
  for (const [n, m] of [
    [4, 3],
    [5, 5],
    [6, 4],
  ] as const) {
    const counts = new Map<number, number>()
    let all = 0
    const walk = (i: number, j: number, most: number): void => {
      const now = Math.max(most, Math.abs(i * m - j * n))
      if (i === n && j === m) {
        counts.set(now, (counts.get(now) ?? 0) + 1)
        all++
        return
      }
      if (i < n) walk(i + 1, j, now)
      if (j < m) walk(i, j + 1, now)
    }
    walk(0, 0, 0)
    for (const steps of counts.keys()) {
      const atLeast = [...counts].reduce((sum, [value, count]) => sum + (value >= steps ? count : 0), 0)
      assertClose(ksExactP(n, m, steps), atLeast / all, 1e-13)
    }
  }
})

test('the corrected law is within 5 % of the exact one from e = 50 on and p above .001', () => {
  for (const [n, m] of [
    [60, 400],
    [120, 131],
    [200, 211],
  ] as const) {
    for (const d of [0.08, 0.12, 0.16, 0.2, 0.25]) {
      const steps = Math.ceil(d * n * m)
      const exact = ksExactP(n, m, steps)
      if (exact >= 0.001) assertClose(ksAsymptoticP(steps / (n * m), n, m), exact, 0.05, `${n} ${m} ${d}`)
    }
  }
})

test('equal samples, also as -0 and 0, have distance 0 and p 1', () => {
  const same = answered(ksTwoSample(Float64Array.of(0, 1, 1, -0), Float64Array.of(-0, 0, 1, 1)))
  assert.deepEqual([same.d, same.p], [0, 1])
  assert.ok(allFinite(same))
})

test('ties are consumed on both sides: two samples of two values differ by their shares only', () => {
  const a = Float64Array.from({ length: 100 }, (_, i) => (i < 50 ? 0 : 1))
  const b = Float64Array.from({ length: 80 }, (_, i) => (i < 48 ? 0 : 1))
  const result = answered(ksTwoSample(a, b))
  assertClose(result.d, 0.1, 1e-12)
  assert.deepEqual([result.at, result.currentLower], [0, true])
})

test('order of rows, a rising map and swapping the samples change nothing', () => {
  const draw = rng('ks metamorphic')
  const a = Float64Array.from({ length: 60 }, () => draw.uniform())
  const b = Float64Array.from({ length: 45 }, () => draw.uniform() ** 1.3)
  const before = Float64Array.from(a)
  const result = answered(ksTwoSample(a, b))
  assert.deepEqual(a, before)
  for (const [x, y] of [
    [Float64Array.from(a).reverse(), b],
    [a.map(Math.exp), b.map(Math.exp)],
    [b, a],
  ] as const) {
    const again = answered(ksTwoSample(x, y))
    assert.equal(again.d, result.d)
    assertClose(again.p, result.p, 1e-12)
  }
})

test('a design effect of 4 is a quarter of the rows', () => {
  const draw = rng('ks effect')
  const a = Float64Array.from({ length: 400 }, () => draw.uniform())
  const b = Float64Array.from({ length: 400 }, () => draw.uniform() + 0.05)
  const result = answered(ksTwoSample(a, b, { designEffects: [4, 4] }))
  assert.equal(result.p, ksAsymptoticP(result.d, 100, 100))
  assert.equal(codeOf(ksTwoSample(a, b, { designEffects: [0.5, 1] })), 'out_of_range')
})

test('the distance that can be shown is where p reaches the level, and shrinks with the rows', () => {
  const distance = ksDetectableDistance(100, 100, 0.01)
  assertClose(ksAsymptoticP(distance, 100, 100), 0.01, 1e-9)
  assertClose(distance, 0.226, 0.005)
  assert.ok(ksDetectableDistance(10_000, 10_000, 0.01) < distance / 9)
  assert.equal(ksDetectableDistance(1, 1, 0.001), 1)
  assert.throws(() => ksDetectableDistance(0, 5, 0.01), RangeError)
})

test('one value against one gives an answer, nothing and infinities are refused', () => {
  const one = answered(ksTwoSample(Float64Array.of(1), Float64Array.of(2)))
  assert.deepEqual([one.d, one.p], [1, 1])
  assert.equal(codeOf(ksTwoSample(new Float64Array(0), Float64Array.of(1))), 'empty')
  assert.equal(codeOf(ksTwoSample(Float64Array.of(1), new Float64Array(0))), 'empty')
  for (const bad of notFinite) {
    assert.equal(codeOf(ksTwoSample(bad, Float64Array.of(1))), 'not_finite')
    assert.equal(codeOf(ksTwoSample(Float64Array.of(1), bad)), 'not_finite')
  }
})
