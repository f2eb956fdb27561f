import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interleave } from '../testing/interleavings.ts'

test('1,000 interleavings of a person and the machine: nothing is done after the take-over was answered', async t => {
  const found = await interleave(1_000, 20_261_121)
  for (const sentence of found.sentences) t.diagnostic(sentence)
  // Both must happen, or the race was none.
  assert.ok(found.done >= 200 && found.cancelled >= 200, found.sentences.join('; '))
})
