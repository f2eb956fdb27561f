import assert from 'node:assert/strict'
import { createHmac, createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { keyedHash } from '@surety/pii'
import { drawsBy } from './autonomy-of.ts'

test('the draws are the first 53 bits of the first two words of the HMAC, so that anybody who holds the key can repeat it', () => {
  const key = createSecretKey(Buffer.alloc(32, 7))
  for (let n = 0; n < 1000; n++) {
    const words = `decision ${n}`
    const digest = createHmac('sha256', key).update(words).digest()
    const { audit, blinding } = drawsBy(keyedHash(key), words)
    for (const [draw, from] of [
      [audit, 0],
      [blinding, 8],
    ] as const) {
      assert.equal(draw, Number(digest.readBigUInt64BE(from) >> 11n) / 2 ** 53)
      assert.ok(draw >= 0 && draw < 1)
    }
  }
})
