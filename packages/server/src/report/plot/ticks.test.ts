import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { numberTicks, roundUp } from './number-ticks.ts'
import { linear } from './scale.ts'
import { timeTicks } from './time-ticks.ts'

const day = 86_400_000

test('number ticks are round and carry no trace of binary fractions', () => {
  assert.deepEqual(numberTicks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1])
  assert.deepEqual(numberTicks(0.3, 1, 7), [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])
  assert.deepEqual(numberTicks(0, 400, 4), [0, 100, 200, 300, 400])
  assert.equal(roundUp(347, 4), 400)
  assert.equal(roundUp(0, 4), 0)
})

test('time ticks lie inside, ascend and are few, from an hour to a century', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2e12 }),
      fc.integer({ min: 3_600_000, max: 36_500 * day }),
      (from, length) => {
        const ticks = timeTicks(from, from + length, 6)
        assert.ok(ticks.length <= 7, `${ticks.length}`)
        for (const [i, { at }] of ticks.entries()) {
          assert.ok(at >= from && at <= from + length && at > (ticks[i - 1]?.at ?? -1))
        }
      },
    ),
  )
})

test('a year is named once', () => {
  const labels = timeTicks(Date.UTC(2008, 4, 5), Date.UTC(2010, 11, 3), 6).map(({ label }) => label)
  assert.deepEqual(labels, ['Jul 2008', 'Jan 2009', 'Jul', 'Jan 2010', 'Jul'])
})

test('weeks begin on a Monday', () => {
  for (const { at } of timeTicks(Date.UTC(2024, 0, 3), Date.UTC(2024, 1, 10), 6)) {
    assert.equal(new Date(at).getUTCDay(), 1)
  }
})

test('a scale of one point has a middle instead of a division by zero', () => {
  assert.equal(linear(3, 3, 0, 100).at(3), 50)
})
