import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { ksTwoSample } from './ks.ts'
import { twoGates } from './two-gates.ts'

test('an alarm needs evidence and size, and each verdict says which gate held it back', () => {
  const result = answered(
    twoGates([
      { name: 'small but certain', p: 1e-30, size: 0.02 },
      { name: 'large but thin', p: 0.2, size: 0.4 },
      { name: 'real', p: 1e-8, size: 0.3 },
      { name: 'nothing', p: 0.7, size: 0.01 },
    ]),
  )
  assert.equal(result.alarms, 1)
  assert.deepEqual(Object.fromEntries(result.verdicts.map(({ name, heldBackBy }) => [name, heldBackBy])), {
    real: 'none',
    'small but certain': 'size',
    'large but thin': 'evidence',
    nothing: 'both',
  })
  assert.equal(result.verdicts[0]!.name, 'real')
})

test('evidence is judged over all that was asked: one p of .004 alone alarms, among fifty it does not', () => {
  const one = { name: 'one', p: 0.004, size: 0.5 }
  const quiet = Array.from({ length: 49 }, (_, i) => ({ name: `quiet ${i}`, p: 0.2 + i / 70, size: 0 }))
  assert.equal(answered(twoGates([one])).alarms, 1)
  assert.equal(answered(twoGates([one, ...quiet])).alarms, 0)
})

test('alarms are ranked by damage, then by importance times size', () => {
  const of = (name: string, size: number, importance: number, damage: number) => ({
    name,
    p: 1e-9,
    size,
    importance,
    damage,
  })
  const { verdicts } = answered(twoGates([of('a', 0.9, 1, 0), of('b', 0.3, 5, 0), of('c', 0.2, 1, 0.04)]))
  assert.deepEqual(
    verdicts.map(({ name }) => name),
    ['c', 'b', 'a'],
  )
})

test('a million rows that moved by a hundredth of a standard deviation are certain and no alarm', () => {
  const draw = rng('million')
  const n = 200_000
  const before = Float64Array.from({ length: n }, () => draw.uniform())
  const after = Float64Array.from({ length: n }, () => draw.uniform() + 0.008)
  const ks = answered(ksTwoSample(before, after))
  const { verdicts } = answered(twoGates([{ name: 'x', p: ks.p, size: ks.d }]))
  assert.equal(verdicts[0]!.heldBackBy, 'size')
})

test('no questions, bad p-values, sizes and levels are refused', () => {
  assert.equal(codeOf(twoGates([])), 'empty')
  assert.equal(codeOf(twoGates([{ name: 'x', p: NaN, size: 1 }])), 'not_finite')
  assert.equal(codeOf(twoGates([{ name: 'x', p: 2, size: 1 }])), 'out_of_range')
  assert.equal(codeOf(twoGates([{ name: 'x', p: 0.1, size: Infinity }])), 'not_finite')
  assert.equal(codeOf(twoGates([{ name: 'x', p: 0.1, size: -1 }])), 'out_of_range')
  assert.equal(codeOf(twoGates([{ name: 'x', p: 0.1, size: 1 }], 1)), 'out_of_range')
})

test('evidence at the level and a change at its floor pass, the smallest step beyond does not', () => {
  const alarms = (p: number, size: number) => answered(twoGates([{ name: 'x', p, size }])).alarms
  assert.deepEqual([alarms(0.01, 0.1), alarms(0.0100001, 0.1), alarms(0.01, 0.0999999)], [1, 0, 0])
})
