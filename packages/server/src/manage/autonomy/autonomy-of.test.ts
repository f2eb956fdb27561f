import assert from 'node:assert/strict'
import { createHmac, createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { keyedHash } from '@surety/pii'
import { drawBy } from './autonomy-of.ts'

test('a draw is the first 53 bits of the HMAC, so that anybody who holds the key can repeat it', () => {
  const key = createSecretKey(Buffer.alloc(32, 7))
  for (let n = 0; n < 1000; n++) {
    const words = `audit:decision ${n}`
    const bits = createHmac('sha256', key).update(words).digest().readBigUInt64BE() >> 11n
    const draw = drawBy(keyedHash(key), words)
    assert.equal(draw, Number(bits) / 2 ** 53)
    assert.ok(draw >= 0 && draw < 1)
  }
})
