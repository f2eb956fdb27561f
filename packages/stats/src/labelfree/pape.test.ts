import assert from 'node:assert/strict'
import { test } from 'node:test'
import { denseDesign } from '../model/design.ts'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { blindModelWorld } from '../testing/label-free-worlds.ts'
import { answered } from '../testing/oracles.ts'
import { pape } from './pape.ts'

test('PAPE keeps to its promise only as far as it knows: it says what it rests on', () => {
  const draw = rng('pape')
  const reference = blindModelWorld(draw, 3000, { meanX2: 0 })
  const estimate = answered(pape(reference, blindModelWorld(draw, 1000, { meanX2: 0.3 }), rng(1)))
  assert.equal(estimate.method, 'pape')
  assert.equal(estimate.blindTo, 'concept_change')
  assert.ok(estimate.referenceRows < 3000 && estimate.referenceRows > 200)
})

test('a window that the reference hardly knows is refused with the rows that speak for it', () => {
  const draw = rng('far')
  const far = pape(blindModelWorld(draw, 1000, { meanX2: 0 }), blindModelWorld(draw, 400, { meanX2: 4 }), rng(2))
  assert.ok(!far.ok)
  assert.equal(far.code, 'low_overlap')
  assert.ok(far.have < 200 && far.need === 200)
})

test('small windows are refused and unequal arrays throw', () => {
  const draw = rng('small')
  const reference = blindModelWorld(draw, 600, { meanX2: 0 })
  assert.equal(codeOf(pape(reference, blindModelWorld(draw, 60, { meanX2: 0 }), rng(3))), 'too_few')
  const broken = { ...blindModelWorld(draw, 200, { meanX2: 0 }), design: denseDesign(new Float64Array(2), 1, 2) }
  assert.throws(() => pape(reference, broken, rng(3)), RangeError)
})
