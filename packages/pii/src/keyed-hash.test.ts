import assert from 'node:assert/strict'
import { createHmac, createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { keyedHash } from './keyed-hash.ts'

const expected = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest('hex')

test('test case 2 of RFC 4231', () => {
  const hash = keyedHash(createSecretKey(Buffer.from('Jefe')))
  assert.equal(hash('what do ya want for nothing?'), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
})

test('the same bytes as an Hmac object for any key, also one longer than a block, and any text', () => {
  const keys = fc.uint8Array({ minLength: 1, maxLength: 200 })
  // Half pairs of surrogates too: both write them as the replacement character.
  const texts = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', 'é', '日本', '😀', '\0')))
  fc.assert(
    fc.property(keys, fc.array(texts, { minLength: 1, maxLength: 5 }), (bytes, several) => {
      const hash = keyedHash(createSecretKey(Buffer.from(bytes)))
      for (const parts of several) assert.equal(hash(parts.join('')), expected(Buffer.from(bytes), parts.join('')))
    }),
    { numRuns: 500 },
  )
})

test('a text longer than the room, then a short one again, under keys in turns', () => {
  const keys = [Buffer.alloc(32, 1), Buffer.alloc(64, 2), Buffer.alloc(65, 3)]
  const hashes = keys.map(key => keyedHash(createSecretKey(key)))
  for (const text of ['a', 'ü'.repeat(341), 'e', 'ü'.repeat(342), 'b', '€'.repeat(200_000), '', 'c'.repeat(1024), 'd'])
    for (const [index, key] of keys.entries()) assert.equal(hashes[index]!(text), expected(key, text))
})
