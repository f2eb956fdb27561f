import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertClose } from '../testing/oracles.ts'
import { expMinus } from './exp-minus.ts'

test('exp(-a) agrees with the engine to 1e-15 relative over the whole range', () => {
  for (let a = 0; a < 700; a += 0.0137) assertClose(expMinus(a), Math.exp(-a), 1e-15, `a = ${a}`)
  for (const a of [1e-300, 1e-17, 1e-9, 0.0108, 0.0109]) assertClose(expMinus(a), Math.exp(-a), 1e-15, `a = ${a}`)
})

test('the ends are exact: 1 at 0, 0 where doubles end, NaN for NaN', () => {
  assert.equal(expMinus(0), 1)
  assert.equal(expMinus(-0), 1)
  assert.equal(expMinus(800), 0)
  assert.equal(expMinus(Infinity), 0)
  assert.ok(Number.isNaN(expMinus(NaN)))
})
