import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FeatureSpec, FeatureValue } from './feature.ts'
import { fitEncoders } from './fit-encoders.ts'

const specs: readonly FeatureSpec[] = [
  { name: 'age', kind: 'numeric' },
  { name: 'hour', kind: 'cyclic', period: 24 },
  { name: 'job', kind: 'categorical' },
  { name: 'vip', kind: 'boolean' },
]

test('means and deviations are over the values present, and missing rows earn a column', () => {
  const rows: FeatureValue[][] = [
    [1, 6, 'a', true],
    [3, 6, 'a', null],
    [null, 12, 'b', false],
    [NaN, null, 'a', true],
  ]
  const { encoders, columns } = fitEncoders(specs, rows, { minLevelRows: 1 })
  assert.deepEqual(encoders[0], { kind: 'standard', name: 'age', mean: 2, std: 1, min: 1, max: 3, missing: true })
  assert.deepEqual(encoders[3], { kind: 'boolean', name: 'vip', mean: 2 / 3, missing: true })
  const hour = encoders[1]!
  assert.ok(
    hour.kind === 'cyclic' && Math.abs(hour.sinMean! - 2 / 3) < 1e-15 && Math.abs(hour.cosMean! + 1 / 3) < 1e-15,
  )
  assert.deepEqual(columns, [
    'age',
    'age=missing',
    'hour.sin',
    'hour.cos',
    'hour=missing',
    'job=a',
    'job=b',
    'job=other',
    'vip',
    'vip=missing',
  ])
})

test('levels with fewer than ten rows join other, whatever order the rows come in', () => {
  const rows = [
    ...new Array(10).fill(['b']),
    ...new Array(9).fill(['rare']),
    ...new Array(12).fill(['a']),
    ...new Array(11).fill([null]),
  ]
  const spec: FeatureSpec[] = [{ name: 'job', kind: 'categorical' }]
  const expected = [{ kind: 'onehot', name: 'job', levels: ['a', 'b', 'missing'] }]
  assert.deepEqual(fitEncoders(spec, rows).encoders, expected)
  assert.deepEqual(fitEncoders(spec, rows.toReversed()).encoders, expected)
  assert.deepEqual(fitEncoders(spec, rows.slice(0, 31)).encoders, [{ kind: 'onehot', name: 'job', levels: ['a', 'b'] }])
})

test('a level that is itself called other shares the trained column and never makes a second one', () => {
  const { columns } = fitEncoders([{ name: 'job', kind: 'categorical' }], new Array(20).fill(['other']))
  assert.deepEqual(columns, ['job=other'])
})

test('a constant number has no column; no rows at all give columns that say nothing', () => {
  const constant = fitEncoders([{ name: 'age', kind: 'numeric' }], [[0.1], [0.1], [0.1]])
  assert.deepEqual(constant.columns, [])
  const none = fitEncoders(specs, [])
  assert.deepEqual(none.columns, ['hour.sin', 'hour.cos', 'job=other', 'vip'])
  assert.ok(!JSON.stringify(none).includes('null'), 'NaN and infinities would print as null')
})

test('two features with one name and periods that are not positive throw', () => {
  assert.throws(
    () =>
      fitEncoders(
        [
          { name: 'a', kind: 'numeric' },
          { name: 'a', kind: 'boolean' },
        ],
        [],
      ),
    RangeError,
  )
  assert.throws(() => fitEncoders([{ name: 'a', kind: 'cyclic', period: 0 }], []), RangeError)
})
