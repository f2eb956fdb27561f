import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { type SelectiveRows, selectiveEstimate } from './selective-estimate.ts'

const rows: SelectiveRows = {
  value: Float64Array.of(1, 0, NaN, 1, NaN, 0),
  seen: Uint8Array.of(1, 1, 0, 1, 0, 1),
  propensity: Float64Array.of(0.5, 1, 0.25, 0.2, 0.5, 1),
}

test('self-normalised: Σ wL / Σ w with se √Σ w²(L - m)² / Σ w', () => {
  const got = answered(selectiveEstimate(rows))
  const [w, l] = [
    [2, 1, 5, 1],
    [1, 0, 1, 0],
  ]
  const mean = 7 / 9
  assertClose(got.value, mean, 1e-15)
  assertClose(got.standardError, Math.sqrt(w.reduce((sum, wi, i) => sum + (wi * (l[i]! - mean)) ** 2, 0)) / 9, 1e-14)
  assertClose(got.effectiveSize, 81 / 31, 1e-14)
  assert.deepEqual([got.n, got.seen, got.clipped, got.method], [6, 4, 0, 'self_normalised'])
})

test('inverse propensity divides by all cases, seen or not', () => {
  const got = answered(selectiveEstimate(rows, { method: 'inverse_propensity' }))
  assertClose(got.value, 7 / 6, 1e-15)
  const terms = [2, 0, 0, 5, 0, 0]
  assertClose(got.standardError, Math.sqrt(terms.reduce((sum, t) => sum + (t - 7 / 6) ** 2, 0)) / 6, 1e-14)
})

test('a weight above the clip is cut and counted', () => {
  const got = answered(selectiveEstimate(rows, { clip: 3 }))
  assertClose(got.value, 5 / 7, 1e-15)
  assert.equal(got.clipped, 1)
})

test('doubly robust with perfect predictions is their mean without any error beyond theirs', () => {
  const predicted = Float64Array.of(1, 0, 1, 1, 0, 0)
  const got = answered(selectiveEstimate(rows, { predicted }))
  assert.equal(got.method, 'doubly_robust')
  assertClose(got.value, 0.5, 1e-15)
  const zero = answered(selectiveEstimate(rows, { predicted: new Float64Array(6) }))
  assertClose(zero.value, 7 / 6, 1e-15)
})

test('everything seen with certainty is the plain mean', () => {
  const all: SelectiveRows = {
    value: Float64Array.of(1, 2, 6),
    seen: Uint8Array.of(1, 1, 1),
    propensity: Float64Array.of(1, 1, 1),
  }
  for (const method of ['self_normalised', 'inverse_propensity'] as const) {
    const got = answered(selectiveEstimate(all, { method }))
    assert.equal(got.value, 3)
    assert.ok(allFinite(got) && got.lower < 3 && got.upper > 3)
  }
})

test('cases without a chance are low overlap; nothing, one case and impossible numbers are refused', () => {
  const blind = { ...rows, propensity: Float64Array.of(0.5, 1, 0, 0.2, 0.5, 1) }
  const refused = selectiveEstimate(blind)
  assert.deepEqual(refused.ok ? null : [refused.code, refused.have, refused.need], ['low_overlap', 5, 6])
  const none = { value: new Float64Array(0), seen: new Uint8Array(0), propensity: new Float64Array(0) }
  assert.equal(codeOf(selectiveEstimate(none)), 'empty')
  assert.equal(codeOf(selectiveEstimate({ ...rows, seen: Uint8Array.of(1, 0, 0, 0, 0, 0) })), 'too_few')
  assert.equal(codeOf(selectiveEstimate({ ...rows, seen: Uint8Array.of(1, 1, 1, 1, 1, 1) })), 'not_finite')
  assert.equal(codeOf(selectiveEstimate({ ...rows, propensity: rows.propensity.map(() => 1.5) })), 'out_of_range')
  assert.equal(codeOf(selectiveEstimate({ ...rows, propensity: new Float64Array(6) })), 'out_of_range')
  assert.equal(codeOf(selectiveEstimate(rows, { level: 1 })), 'out_of_range')
  assert.throws(() => selectiveEstimate({ ...rows, seen: new Uint8Array(2) }), RangeError)
  assert.throws(() => selectiveEstimate(rows, { method: 'doubly_robust' }), RangeError)
})
