import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { driftAttribution } from './drift-attribution.ts'

/** Contributions of a linear model: weight times distance from the mean of the reference, which is ½. */
const contributions = (weights: readonly number[], rows: number, shifts: readonly number[], seed: string) => {
  const draw = rng(seed)
  return Float64Array.from({ length: rows * weights.length }, (_, i) => {
    const j = i % weights.length
    return weights[j]! * (draw.uniform() + shifts[j]! - 0.5)
  })
}

test('a feature the model leans on is blamed, one that moved as far but is ignored is not', () => {
  const weights = [2, 0.01, 1]
  const before = contributions(weights, 2000, [0, 0, 0], 'before')
  const after = contributions(weights, 1500, [0.5, 0.5, 0], 'after')
  const { features } = answered(driftAttribution(before, after, ['leaned on', 'ignored', 'still']))
  const [first, ...others] = features
  assert.equal(first!.name, 'leaned on')
  // |2(u - ½)| has mean ½, |2u| has mean 1; the score moves up by 2·½.
  assertClose(first!.change, 0.5, 0.05)
  assertClose(first!.direction, 1, 0.05)
  assert.ok(first!.share > 0.9 && first!.p < 1e-20)
  for (const other of others) assert.ok(Math.abs(other.change) < 0.03)
})

test('equal windows share nothing out and stay numbers', () => {
  const same = contributions([1, 3], 50, [0, 0], 'same')
  const result = answered(driftAttribution(same, same, ['a', 'b']))
  assert.ok(allFinite(result))
  assert.deepEqual(
    result.features.map(({ change, share, p }) => [change, share, p]),
    [
      [0, 0, 1],
      [0, 0, 1],
    ],
  )
})

test('contributions without spread are equal or certain', () => {
  const result = answered(driftAttribution(Float64Array.of(1, 1), Float64Array.of(2, 2), ['only']))
  assert.deepEqual([result.features[0]!.p, result.features[0]!.share], [0, 1])
})

test('nothing, single rows and infinities are refused; a ragged block throws', () => {
  const two = Float64Array.of(1, 2, 3, 4)
  assert.equal(codeOf(driftAttribution(two, two, [])), 'empty')
  assert.equal(codeOf(driftAttribution(two, new Float64Array(0), ['a'])), 'empty')
  assert.equal(codeOf(driftAttribution(two, Float64Array.of(1), ['a'])), 'too_few')
  assert.equal(codeOf(driftAttribution(two, Float64Array.of(1, NaN), ['a'])), 'not_finite')
  assert.throws(() => driftAttribution(two, Float64Array.of(1, 2, 3), ['a', 'b']), RangeError)
})
