import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { sortedScores } from './sorted-scores.ts'

test('inserting one by one gives what sorting all gives, with ties and both zeros', () => {
  const draw = rng('sorted-scores')
  const values = Float64Array.from({ length: 500 }, () => draw.int(40) - 20)
  const list = sortedScores(values.subarray(0, 7))
  for (const value of values.subarray(7)) list.insert(value === 0 ? -0 : value)
  assert.deepEqual(
    [...list.values()],
    Array.from(values.toSorted(), value => value + 0),
  )
  assert.equal(list.length, 500)
  assert.equal(list.countUpTo(0), values.filter(value => value <= 0).length)
  assert.equal(list.at(1), Math.min(...values))
  assert.equal(list.at(0), null)
  assert.equal(list.at(501), null)
})

test('the start is copied and NaN is turned away', () => {
  const start = Float64Array.of(3, 1, 2)
  sortedScores(start).insert(0)
  assert.deepEqual([...start], [3, 1, 2])
  assert.throws(() => sortedScores(Float64Array.of(NaN)), RangeError)
  assert.throws(() => sortedScores().insert(NaN), RangeError)
})
