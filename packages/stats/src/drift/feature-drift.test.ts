import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { answered } from '../testing/oracles.ts'
import { categoricalDrift, numericDrift } from './feature-drift.ts'

test('a shifted number shows in all three statistics, an unchanged one in none', () => {
  const draw = rng('feature drift')
  const before = Float64Array.from({ length: 800 }, () => draw.uniform())
  const same = numericDrift(
    before,
    Float64Array.from({ length: 800 }, () => draw.uniform()),
  )
  const moved = numericDrift(
    before,
    Float64Array.from({ length: 800 }, () => draw.uniform() + 0.2),
  )
  assert.ok(answered(same.ks).p > 0.01 && answered(moved.ks).p < 1e-6)
  assert.ok(answered(same.wasserstein).perSigma < 0.1 && answered(moved.wasserstein).perSigma > 0.5)
  assert.ok(answered(same.psi).p > 0.001 && answered(moved.psi).p < 1e-6)
})

test('a constant number has a KS and refuses what needs a scale', () => {
  const { ks, wasserstein, psi } = numericDrift(Float64Array.of(1, 1, 1), Float64Array.of(1, 1))
  assert.equal(answered(ks).d, 0)
  assert.ok(!wasserstein.ok && wasserstein.code === 'constant' && !psi.ok && psi.code === 'constant')
})

test('a new level is named with its rows, rare levels are pooled for the test and counted apart for the size', () => {
  const before = [...Array<string>(300).fill('web'), ...Array<string>(100).fill('phone'), 'fax', 'letter']
  const after = [
    ...Array<string>(150).fill('web'),
    ...Array<string>(50).fill('phone'),
    ...Array<string>(40).fill('chat'),
  ]
  const drift = categoricalDrift(before, after)
  assert.deepEqual(drift.newLevels, [{ level: 'chat', rows: 40 }])
  assert.ok(drift.pooledLevels >= 2)
  assert.ok(answered(drift.chiSquare).p < 1e-6)
  assert.ok(answered(drift.jensenShannon).distance > 0.1)
})

test('one level everywhere refuses both questions', () => {
  const { chiSquare, jensenShannon } = categoricalDrift(['a', 'a'], ['a'])
  assert.ok(!chiSquare.ok && chiSquare.code === 'constant')
  assert.ok(!jensenShannon.ok && jensenShannon.code === 'constant')
})
