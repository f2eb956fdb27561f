import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Interval, isNarrow, withoutInterval } from './decision.ts'
import { intervalView } from './interval-view.ts'

const found: Interval = {
  lower: 0.62,
  upper: 0.91,
  level: null,
  method: 'venn_abers',
  calibrationSize: 240,
  calibrated: 0.705,
  calibrationScore: 0.97,
  calibrator: 3,
  labelSet: 2,
  radii: [0.3, 0.48, null],
  reason: null,
}

test('every field of the stored interval is shown under its name, with the residual interval cut to [0, 1]', () => {
  assert.deepEqual(intervalView(found, 0.75), {
    prediction_lower_bound: 0.62,
    prediction_upper_bound: 0.91,
    confidence_interval_width: 0.29,
    is_narrow_interval: false,
    calibrated_probability: 0.705,
    calibration_score: 0.97,
    method: 'venn_abers',
    calibration_size: 240,
    level: null,
    label_set: ['yes'],
    absolute_residual: [
      { level: 0.9, lower: 0.45, upper: 1 },
      { level: 0.95, lower: 0.75 - 0.48, upper: 1 },
      { level: 0.99, lower: 0, upper: 1 },
    ],
    reason: null,
  })
})

test('label sets are words: none, no, yes, both', () => {
  const words = ([0, 1, 2, 3] as const).map(labelSet => intervalView({ ...found, labelSet }, 0.5).label_set)
  assert.deepEqual(words, [[], ['no'], ['yes'], ['no', 'yes']])
})

test('without a calibrator everything is null and the reason says so', () => {
  const { reason, calibration_size: size, ...rest } = intervalView(withoutInterval('no_calibration'), 0.5)
  assert.deepEqual([reason, size], ['no_calibration', 0])
  assert.ok(Object.values(rest).every(value => value === null))
})

test('fact 46: width .199999 is narrow, .2 is not, and p .5 with a residual of .1 is .2 wide and not narrow', () => {
  assert.equal(isNarrow({ lower: 0.5, upper: 0.699999 }), true)
  assert.equal(isNarrow({ lower: 0.5, upper: 0.7 }), false)
  assert.equal(isNarrow({ lower: 0.1, upper: 0.3 }), false)
  const [residual] = intervalView({ ...found, radii: [0.1, 0.1, 0.1] }, 0.5).absolute_residual!
  assert.deepEqual(residual, { level: 0.9, lower: 0.4, upper: 0.6 })
  assert.equal(isNarrow(residual!), false)
})
