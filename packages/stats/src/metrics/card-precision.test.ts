import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { cardPrecision } from './card-precision.ts'

test('a subject counts with its best score of the day, and leaves once found', () => {
  //  day 0: subject 7 (best .9, a hit on another row), 8 (.8, none), 9 (.1)
  //  day 1: 7 is gone although it scores best; 8 (.7, none) and 9 (.6, hit) are looked at
  const result = answered(
    cardPrecision(
      Float64Array.of(0.9, 0.2, 0.8, 0.1, 0.99, 0.7, 0.6, 0.5),
      Uint8Array.of(0, 1, 0, 0, 1, 0, 1, 1),
      Uint32Array.of(7, 7, 8, 9, 7, 8, 9, 10),
      Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1),
      2,
    ),
  )
  assert.deepEqual(
    result.days.map(({ subjects, hits }) => [subjects, hits]),
    [
      [3, 1],
      [3, 1],
    ],
  )
  assert.equal(result.value, 0.5)
})

test('ties at the cut are counted as expected and let nobody leave', () => {
  const day = { s: [0.5, 0.5, 0.5], y: [1, 0, 0], who: [1, 2, 3] }
  const result = answered(
    cardPrecision(
      Float64Array.from([...day.s, ...day.s]),
      Uint8Array.from([...day.y, ...day.y]),
      Uint32Array.from([...day.who, ...day.who]),
      Int32Array.of(4, 4, 4, 5, 5, 5),
      2,
    ),
  )
  assertClose(result.value, 1 / 3, 1e-15)
  assert.equal(result.days[1]!.subjects, 3)
})

test('a day with fewer subjects than places counts those it has', () => {
  const few = answered(cardPrecision(Float64Array.of(0.3), Uint8Array.of(1), Uint32Array.of(1), Int32Array.of(0), 100))
  assert.equal(few.value, 1)
  assert.equal(few.days[0]!.lookedAt, 1)
})

test('nothing, bad numbers and unequal lengths are refused', () => {
  const none = cardPrecision(new Float64Array(), new Uint8Array(), new Uint32Array(), new Int32Array())
  assert.equal(codeOf(none), 'empty')
  const who = Uint32Array.of(1, 2, 3)
  for (const bad of notFinite) {
    assert.equal(codeOf(cardPrecision(bad, Uint8Array.of(0, 1, 1), who, new Int32Array(3))), 'not_finite')
  }
  assert.equal(
    codeOf(cardPrecision(Float64Array.of(1), Uint8Array.of(1), who.slice(0, 1), new Int32Array(1), 0)),
    'out_of_range',
  )
  assert.throws(() => cardPrecision(Float64Array.of(1), Uint8Array.of(1), who, new Int32Array(1)), RangeError)
})
