import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sigmoid } from '../model/sigmoid.ts'
import { rng } from '../rng.ts'
import { binomialCdf } from '../special/binomial.ts'
import { normalPpf } from '../special/normal.ts'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { certifyThreshold } from './certify-threshold.ts'

const draw = rng('certify-threshold')
const p = Float64Array.from({ length: 3000 }, () => sigmoid(-1.7 + 2.6 * normalPpf(draw.uniform())))
const y = Uint8Array.from(p, value => (draw.uniform() < value ? 1 : 0))
const budget = { epsilon: 0.1, delta: 0.05 }

test('the certified cut passes the exact test, and the next cut of the walk does not', () => {
  for (const side of ['yes', 'no'] as const) {
    const cut = answered(certifyThreshold(p, y, { ...budget, side }))
    const covered = (t: number) => [...p.keys()].filter(i => (side === 'yes' ? p[i]! >= t : p[i]! <= t))
    const rows = covered(cut.threshold)
    const wrong = rows.filter(i => y[i] === (side === 'yes' ? 0 : 1)).length
    assert.deepEqual([cut.accepted, cut.wrong], [rows.length, wrong])
    assert.ok(binomialCdf(wrong, rows.length, 0.1) <= 0.05 && cut.upper <= 0.1)
    const next = Math.min(3000, rows.length + Math.max(5, Math.floor(rows.length / 50)))
    const order = [...p.keys()].sort((a, b) => (side === 'yes' ? p[b]! - p[a]! : p[a]! - p[b]!))
    const looser = order.slice(0, next).filter(i => y[i] === (side === 'yes' ? 0 : 1)).length
    assert.ok(binomialCdf(looser, next, 0.1) > 0.05)
  }
})

test('the walk begins at a quarter of what the model plans for, whatever the labels say', () => {
  const expected = [...p].sort((a, b) => b - a)
  let planned = 0
  let sum = 0
  expected.forEach((value, i) => {
    sum += 1 - value
    if (sum <= 0.1 * (i + 1)) planned = i + 1
  })
  const start = Math.max(29, Math.ceil(planned / 4))
  assert.equal(answered(certifyThreshold(p, y, { ...budget, side: 'yes' })).start, start)
  assert.equal(answered(certifyThreshold(p, new Uint8Array(3000).fill(1), { ...budget, side: 'yes' })).start, start)
})

test('scores that are no probabilities start at the fewest rows, or where a given probability says', () => {
  const z = p.map(value => 7 * Math.log(value / (1 - value)))
  const right = new Uint8Array(3000).fill(1)
  assert.equal(answered(certifyThreshold(z, right, { ...budget, side: 'yes' })).start, 29)
  const guided = answered(certifyThreshold(z, y, { ...budget, side: 'yes', p }))
  const plain = answered(certifyThreshold(p, y, { ...budget, side: 'yes' }))
  assert.deepEqual([guided.accepted, guided.start], [plain.accepted, plain.start])
})

test('a threshold never cuts a group of equal scores', () => {
  const rough = p.map(value => Math.round(value * 8) / 8)
  for (const side of ['yes', 'no'] as const) {
    const cut = answered(certifyThreshold(rough, y, { ...budget, side }))
    const rows = rough.filter(value => (side === 'yes' ? value >= cut.threshold : value <= cut.threshold)).length
    assert.equal(cut.accepted, rows)
  }
  const flat = answered(
    certifyThreshold(new Float64Array(80).fill(0.5), new Uint8Array(80).fill(1), { ...budget, side: 'yes' }),
  )
  assert.deepEqual([flat.accepted, flat.threshold, flat.steps], [80, 0.5, 1])
})

test('the walk stops for good at the first failure, though later cuts would pass again', () => {
  // 29 right, 12 wrong, then 2,000 right: the first cut passes, soon none does, and at the end all would.
  const scores = Float64Array.from({ length: 2041 }, (_, i) => 5000 - i)
  const labels = Uint8Array.from(scores, (_, i) => (i >= 29 && i < 41 ? 0 : 1))
  assert.ok(binomialCdf(12, 2041, 0.1) < 1e-9)
  assert.equal(answered(certifyThreshold(scores, labels, { ...budget, side: 'yes' })).accepted, 29)
})

test('labels do not move the inputs, and rows in another order give the same cut', () => {
  const scores = p.slice()
  const labels = y.slice()
  const cut = certifyThreshold(scores, labels, { ...budget, side: 'yes' })
  assert.deepEqual([scores, labels], [p, y])
  assert.deepEqual(certifyThreshold(p.toReversed(), y.toReversed(), { ...budget, side: 'yes' }), cut)
})

test('too few rows, a hopeless share and bad input are refused with what is missing', () => {
  const few = certifyThreshold(p.subarray(0, 28), new Uint8Array(28).fill(1), { ...budget, side: 'yes' })
  assert.deepEqual(few.ok ? null : [few.code, few.have, few.need], ['not_certifiable', 28, 29])
  const hopeless = certifyThreshold(p, new Uint8Array(3000), { ...budget, side: 'yes' })
  assert.ok(!hopeless.ok && hopeless.code === 'not_certifiable' && hopeless.need > hopeless.have)
  const close = certifyThreshold(
    p.subarray(0, 60),
    Uint8Array.from({ length: 60 }, (_, i) => (i % 15 === 0 ? 0 : 1)),
    { ...budget, side: 'yes' },
  )
  assert.ok(!close.ok && close.code === 'not_certifiable' && close.need > close.have)
  assert.equal(codeOf(certifyThreshold(new Float64Array(0), new Uint8Array(0), { ...budget, side: 'no' })), 'empty')
  for (const bad of notFinite)
    assert.equal(codeOf(certifyThreshold(bad, Uint8Array.of(0, 1, 1), { ...budget, side: 'no' })), 'not_finite')
  assert.equal(codeOf(certifyThreshold(p, y, { epsilon: 0, delta: 0.05, side: 'no' })), 'out_of_range')
  assert.equal(codeOf(certifyThreshold(p, y, { ...budget, side: 'yes', p: p.map(() => 2) })), 'out_of_range')
})
