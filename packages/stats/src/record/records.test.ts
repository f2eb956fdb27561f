import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordBegins, recordInCharge } from './records.ts'

test('the first record begins with a version fitted on sixty rows, the next one every ninety days', () => {
  assert.deepEqual([recordBegins(59, null), recordBegins(60, null)], [false, true])
  assert.deepEqual([recordBegins(60, 89.9), recordBegins(10, 90)], [false, true])
})

test('in charge is the youngest with 5,000 rows, else the oldest of 270 days, else the newest', () => {
  const chosen = (...records: readonly (readonly [days: number, rows: number])[]) =>
    recordInCharge(records.map(([days, rows]) => ({ days, rows })))
  assert.equal(chosen([280, 9000], [190, 6000], [100, 5000], [10, 300]), 2)
  assert.equal(chosen([10, 300], [100, 4999], [190, 4999]), 2)
  assert.equal(chosen([280, 4000], [270, 3000], [180, 2000]), 1)
  assert.equal(chosen([400, 400], [300, 90]), 1)
  assert.equal(chosen([1, 0]), 0)
  assert.equal(chosen(), null)
})
