import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logLoss } from '../metrics/log-loss.ts'
import { rocAuc } from '../metrics/roc-auc.ts'
import { rng } from '../rng.ts'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { nonInferior } from './non-inferiority.ts'
import { pairedBootstrap } from './paired-bootstrap.ts'

const draw = rng('paired')
const truth = Float64Array.from({ length: 400 }, () => 0.02 + 0.96 * draw.uniform())
const y = Uint8Array.from(truth, p => (draw.uniform() < p ? 1 : 0))
const noisy = truth.map(p => Math.min(0.98, Math.max(0.02, p + 0.3 * (draw.uniform() - 0.5))))
const subjects = Array.from(truth, (_, i) => i >> 1)
const quick = { replicates: 300 }

test('the differences are those of the plain metrics, challenger minus champion', () => {
  const result = answered(pairedBootstrap(truth, noisy, y, subjects, rng(1), quick))
  const expected = answered(logLoss(truth, y)).value - answered(logLoss(noisy, y)).value
  assertClose(answered(result.logLoss).value, expected, 1e-10)
  const auc = answered(rocAuc(truth, y)).value - answered(rocAuc(noisy, y)).value
  assertClose(answered(result.auc).value, auc, 1e-10)
  assert.equal(answered(result.logLoss).subjects, 200)
})

test('pairing narrows the interval: far below that of unrelated resamples', () => {
  const paired = answered(answered(pairedBootstrap(truth, noisy, y, subjects, rng(1), quick)).auc)
  const apart = answered(
    answered(
      pairedBootstrap(
        truth,
        truth.map(() => 0.5),
        y,
        subjects,
        rng(1),
        quick,
      ),
    ).auc,
  )
  assert.ok(paired.upper - paired.lower < 0.6 * (apart.upper - apart.lower))
})

test('a model against itself differs by exactly 0', () => {
  const same = answered(pairedBootstrap(noisy, noisy, y, subjects, rng(1), quick))
  const { value, lower, upper } = answered(same.logLoss)
  assert.deepEqual([value, lower, upper], [0, 0, 0])
})

test('not worse needs a bound above the margin; a wide interval proves nothing', () => {
  const bound = (lower: number) => ({ ok: true as const, lower })
  assert.ok(answered(nonInferior(bound(-0.004), 0.005)).notWorse)
  assert.ok(!answered(nonInferior(bound(-0.005), 0.005)).notWorse)
  assert.equal(codeOf(nonInferior(bound(NaN), 0.005)), 'not_finite')
  assert.equal(codeOf(nonInferior(bound(0), -1)), 'out_of_range')
  const refused = pairedBootstrap(truth, noisy, y, new Array(400).fill(1), rng(1))
  assert.ok(!refused.ok)
  assert.equal(codeOf(nonInferior(refused, 0.005)), 'too_few')
})

test('nothing, what is no probability and unequal lengths are refused', () => {
  const none = new Float64Array()
  assert.equal(codeOf(pairedBootstrap(none, none, new Uint8Array(), [], rng(1))), 'empty')
  for (const bad of notFinite) {
    const fine = Float64Array.of(0.1, 0.2, 0.3)
    assert.equal(codeOf(pairedBootstrap(bad, fine, Uint8Array.of(0, 1, 1), [1, 2, 3], rng(1))), 'not_finite')
    assert.equal(codeOf(pairedBootstrap(fine, bad, Uint8Array.of(0, 1, 1), [1, 2, 3], rng(1))), 'not_finite')
  }
  assert.throws(() => pairedBootstrap(truth, noisy, y, [1], rng(1)), RangeError)
})
