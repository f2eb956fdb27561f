import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { delayLaw } from './delay-law.ts'
import { immatureNegativeWeight, matureRows, maturityAge } from './maturity.ts'

/** Twenty outcomes, one per day. */
const law = answered(
  delayLaw(
    Float64Array.from({ length: 20 }, (_, i) => i + 1),
    new Uint8Array(20).fill(1),
  ),
)

test('rows are mature from the age at which 95 % of outcomes have arrived, settled or not', () => {
  assert.equal(answered(maturityAge(law)).age, 19)
  const result = answered(matureRows(law, Float64Array.of(18.9, 19, 40, 0)))
  assert.deepEqual([...result.mature], [0, 1, 1, 0])
  assert.deepEqual([result.share, result.age, result.level], [0.5, 19, 0.95])
})

test('a law that stops short of the level refuses, with how far it came', () => {
  const short = answered(delayLaw(Float64Array.of(1, 2, 9, 9), Uint8Array.of(1, 1, 0, 0)))
  const refused = matureRows(short, Float64Array.of(1))
  assert.ok(!refused.ok)
  assert.deepEqual([refused.code, refused.have, refused.need], ['out_of_range', 0.5, 0.95])
})

test('an immature row without conversion is class 0 with weight (1-p)/(1-p + p(1-F))', () => {
  assert.equal(immatureNegativeWeight(law, 0.3, 0), 0.7)
  assertClose(immatureNegativeWeight(law, 0.3, 10), 0.7 / (0.7 + 0.3 * 0.5), 1e-12)
  assert.equal(immatureNegativeWeight(law, 0.3, 20), 1)
  assert.equal(immatureNegativeWeight(law, 0, 1), 1)
  assert.equal(immatureNegativeWeight(law, 1, 1), 0)
  assert.equal(immatureNegativeWeight(law, 1, 20), 1)
  assert.throws(() => immatureNegativeWeight(law, NaN, 1), RangeError)
})

test('nothing, negative and infinite ages and odd levels are refused', () => {
  assert.equal(codeOf(matureRows(law, new Float64Array(0))), 'empty')
  assert.equal(codeOf(matureRows(law, Float64Array.of(-1))), 'out_of_range')
  assert.equal(codeOf(matureRows(law, Float64Array.of(NaN))), 'not_finite')
  for (const level of [0, 1, NaN]) assert.equal(codeOf(maturityAge(law, level)), 'out_of_range')
})
