import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trapIn } from './traps.ts'

const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 1]))

test('an object of more fields than any honest one has is a trap, wherever it is; lists are as long as they are', () => {
  assert.equal(trapIn(fields(10_000)), null)
  assert.equal(trapIn({ a: [fields(10_001)] }), 'An object has more than 10000 fields.')
  assert.equal(trapIn(Array.from({ length: 20_000 }, () => ({ a: 1 }))), null)
})
