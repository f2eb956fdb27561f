import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sigmoid } from '../model/sigmoid.ts'
import { rng } from '../rng.ts'
import { normalPpf } from '../special/normal.ts'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { calibrate } from './calibrator.ts'
import { chooseCalibrator } from './choose-calibrator.ts'
import { predictVennAbers } from './venn-abers.ts'

const draw = rng('choose-calibrator')
const truth = Float64Array.from({ length: 6000 }, () => normalPpf(draw.uniform()) * 1.5 - 1)
const y = Uint8Array.from(truth, z => (draw.uniform() < sigmoid(z) ? 1 : 0))

test('a calibrated model keeps its own probability', () => {
  const choice = answered(chooseCalibrator(truth, y))
  assert.equal(choice.method, 'identity')
  assert.deepEqual(calibrate(choice.calibrator, truth), truth.map(sigmoid))
})

test('a model that is too sure of itself by a factor of two gets Platt, which undoes it', () => {
  const z = truth.map(value => 2 * value + 1)
  const choice = answered(chooseCalibrator(z, y))
  assert.equal(choice.method, 'platt')
  const p = calibrate(choice.calibrator, z)
  assert.ok(p.every((value, i) => Math.abs(value - sigmoid(truth[i]!)) < 0.05))
})

test('a model whose scores are bent beyond a sigmoid gets one of the free forms', () => {
  const z = truth.map(value => (value > -1 ? 8 + value : value))
  const choice = answered(chooseCalibrator(z, y))
  assert.ok(choice.method === 'isotonic' || choice.method === 'venn_abers', choice.method)
})

test('whoever wins, the interval is Venn-Abers on all rows, and every candidate is on record', () => {
  const choice = answered(chooseCalibrator(truth, y, { folds: 4, gapRows: 100 }))
  const { p0, p1 } = predictVennAbers(choice.interval, truth)
  assert.ok(p0.every((value, i) => value < p1[i]!))
  assert.equal(choice.interval.n, 6000)
  assert.deepEqual(
    choice.trials.map(trial => trial.method),
    ['identity', 'platt', 'isotonic', 'venn_abers'],
  )
  assert.ok(choice.trials.every(trial => trial.loss !== null && trial.loss > 0 && trial.excess! >= 0))
  assert.equal(choice.folds, 4)
})

test('a score that ranks backwards puts Platt out of the running, with the reason', () => {
  const choice = answered(
    chooseCalibrator(
      truth.map(value => -value),
      y,
    ),
  )
  const platt = choice.trials.find(trial => trial.method === 'platt')
  assert.equal(platt?.refused, 'no_signal')
  assert.equal(platt?.loss, null)
})

test('folds without both classes are named and left out, fewer than three usable ones refused', () => {
  const late = y.map((label, i) => (i < 1500 ? 0 : label))
  assert.deepEqual(answered(chooseCalibrator(truth, late)).skipped, [1])
  assert.equal(
    codeOf(chooseCalibrator(truth.subarray(0, 12), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1))),
    'too_few',
  )
  assert.equal(codeOf(chooseCalibrator(new Float64Array(0), new Uint8Array(0))), 'empty')
  assert.equal(codeOf(chooseCalibrator(truth, new Uint8Array(6000))), 'one_class')
  for (const bad of notFinite) assert.equal(codeOf(chooseCalibrator(bad, Uint8Array.of(0, 1, 1))), 'not_finite')
  assert.throws(() => chooseCalibrator(truth, y, { folds: 2 }), RangeError)
})

test('rows whose outcomes are still awaited are not fitted on: without any before it a fold is left out', () => {
  assert.deepEqual(answered(chooseCalibrator(truth, y, { gapRows: 1000 })).skipped, [1])
  assert.deepEqual(answered(chooseCalibrator(truth, y, { gapRows: 900 })).skipped, [])
})

test('the simplest candidate within one standard error of the best is taken, though another is better', () => {
  const choice = answered(
    chooseCalibrator(
      truth.map(value => 1.1 * value),
      y,
    ),
  )
  const [own] = choice.trials
  assert.equal(choice.method, 'identity')
  assert.ok(own!.excess! > 0 && own!.excess! <= own!.standardError!)
})
