import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesArray, numberArray, textArray, timeArray, uuidArray } from './binary-array.ts'

/** The elements of a one-dimensional array as PostgreSQL would read them; null where there is none. */
function elements(array: Buffer): (Buffer | null)[] {
  if (array.readInt32BE(0) === 0) {
    assert.equal(array.length, 12)
    return []
  }
  const found: (Buffer | null)[] = []
  let at = 20
  for (let left = array.readInt32BE(12); left > 0; left--) {
    const length = array.readInt32BE(at)
    at += 4
    found.push(length < 0 ? null : array.subarray(at, at + length))
    if (length > 0) at += length
  }
  assert.equal(at, array.length)
  assert.equal(array.readInt32BE(4), found.includes(null) ? 1 : 0)
  return found
}
const texts = (array: Buffer) => elements(array).map(element => element?.toString('utf8') ?? null)

test('an array that was handed out stays as it is, whatever is written after it', () => {
  const first = textArray('text', ['ä', null, 'b'])
  const copy = Buffer.from(first)
  const long = 'x'.repeat(100_000)
  const many = Array.from({ length: 40 }, (_, n) => textArray('json', [`${n}`, long, null]))
  assert.deepEqual(first, copy)
  assert.deepEqual(texts(first), ['ä', null, 'b'])
  for (const [n, array] of many.entries()) assert.deepEqual(texts(array), [`${n}`, long, null])
})

test('an array that outgrows its place moves as a whole, with its head and what was written of it', () => {
  for (let n = 0; n < 50; n++) {
    const rows = Array.from({ length: 7 }, (_, row) => (row === 1 ? null : '€'.repeat(row * 5_000 + n)))
    assert.deepEqual(texts(textArray('text', rows)), rows)
  }
  assert.deepEqual(texts(textArray('text', [])), [])
})

test('numbers, times, ids and bytes lie big-endian behind their length', () => {
  assert.deepEqual(
    elements(numberArray('int8', [-1, null, 2 ** 40])).map(element => element?.readBigInt64BE() ?? null),
    [-1n, null, 2n ** 40n],
  )
  assert.deepEqual(elements(numberArray('float8', [0.1]))[0]?.readDoubleBE(), 0.1)
  assert.deepEqual(elements(timeArray([new Date('2000-01-01T00:00:01Z')]))[0]?.readBigInt64BE(), 1_000_000n)
  const id = '01020304-0506-0708-090a-0b0c0d0e0f10'
  assert.equal(elements(uuidArray([id, null]))[0]?.toString('hex'), id.replaceAll('-', ''))
  const upper = '0A0B0C0D-0E0F-A0B0-C0D0-E0F0FFEE7799'
  assert.equal(elements(uuidArray([upper]))[0]?.toString('hex'), upper.replaceAll('-', '').toLowerCase())
  for (const wrong of ['', id.slice(0, -1), id.slice(0, -2), `${id}00`, id.replace('0a', '0g'), id.replace('0a', '0ä')])
    assert.throws(() => uuidArray([wrong]), /that is not a uuid/)
  assert.deepEqual(elements(bytesArray([Buffer.from([1, 2]), null, Buffer.alloc(0)])), [
    Buffer.from([1, 2]),
    null,
    Buffer.alloc(0),
  ])
})
