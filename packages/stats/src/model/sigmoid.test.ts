import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertClose } from '../testing/oracles.ts'
import { logit, sigmoid } from './sigmoid.ts'

test('the sigmoid is safe at both ends', () => {
  assert.deepEqual([sigmoid(-1000), sigmoid(0), sigmoid(1000)], [0, 0.5, 1])
  assertClose(sigmoid(-700), Math.exp(-700), 1e-13)
  assertClose(sigmoid(0.7), 0.668187772168166, 1e-14)
})

test('logit undoes it, and clips 0 and 1 instead of answering infinities', () => {
  for (const z of [-20, -1, 0, 3]) assert.ok(Math.abs(logit(sigmoid(z)) - z) < 1e-9)
  assertClose(logit(0), Math.log(1e-12), 1e-9)
  assertClose(logit(1), -Math.log(1e-12), 1e-5)
})
