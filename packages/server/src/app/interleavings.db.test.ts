import { test } from 'node:test'
import { interleave } from '../testing/interleavings.ts'

// The promises run 10,000 of them.
test('400 interleavings of a person and the machine: nothing is done after the take-over was answered', async t => {
  const found = await interleave(400, 20_261_121)
  for (const sentence of found.sentences) t.diagnostic(sentence)
})
