import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { rocAuc } from './roc-auc.ts'
import { gainCurve, topK } from './top-k.ts'

const scores = Float64Array.of(0.9, 0.8, 0.8, 0.8, 0.1, 0.05)
const y = Uint8Array.of(1, 1, 0, 0, 0, 1)

test('precision, lift and gain of the top rows by hand', () => {
  const top = answered(topK(scores, y, 4))
  assert.equal(top.hits, 2)
  assert.equal(top.precision, 0.5)
  assert.equal(answered(top.lift).value, 1)
  assertClose(answered(top.gain).value, 2 / 3, 1e-15)
})

test('ties at the cut count with their expected value, whatever the order of the rows', () => {
  const top = answered(topK(scores, y, 2))
  assertClose(top.hits, 1 + 1 / 3, 1e-15)
  const shuffled = answered(topK(Float64Array.of(0.8, 0.8, 0.8, 0.05, 0.9, 0.1), Uint8Array.of(0, 0, 1, 1, 1, 0), 2))
  assert.equal(shuffled.hits, top.hits)
  assert.ok(top.lower < top.precision && top.precision < top.upper)
})

test('the area under the gain curve is AUC(1 - π) + π/2, ties included', () => {
  const draw = rng('gain')
  const s = Float64Array.from({ length: 300 }, () => draw.int(40))
  const labels = Uint8Array.from(s, value => (draw.uniform() < value / 60 ? 1 : 0))
  const curve = answered(gainCurve(s, labels))
  const share = curve.positives / 300
  assertClose(curve.area, answered(rocAuc(s, labels)).value * (1 - share) + share / 2, 1e-12)
  assert.equal(curve.gain.at(-1), 1)
  const tenth = answered(topK(s, labels, 30))
  assertClose(curve.gain[0]!, answered(tenth.gain).value, 1e-12)
  assertClose(curve.lift[0]!, answered(tenth.lift).value, 1e-12)
})

test('more than there is, nothing, and one class are refused', () => {
  assert.deepEqual(topK(scores, y, 9), {
    ok: false,
    code: 'too_few',
    have: 6,
    need: 9,
    detail: '6 rows, but the top 9 were asked for',
  })
  assert.equal(codeOf(topK(scores, y, 0)), 'out_of_range')
  assert.equal(codeOf(topK(scores, y, 1.5)), 'out_of_range')
  assert.equal(codeOf(topK(new Float64Array(), new Uint8Array(), 1)), 'empty')
  const none = answered(topK(scores, new Uint8Array(6), 2))
  assert.deepEqual([none.precision, codeOf(none.lift), codeOf(none.gain)], [0, 'empty', 'empty'])
  assert.equal(codeOf(gainCurve(scores, new Uint8Array(6))), 'one_class')
  for (const bad of notFinite) {
    assert.equal(codeOf(topK(bad, Uint8Array.of(0, 1, 1), 1)), 'not_finite')
    assert.equal(codeOf(gainCurve(bad, Uint8Array.of(0, 1, 1))), 'not_finite')
  }
})
