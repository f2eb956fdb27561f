import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { driftOracles } from '../testing/drift-oracles.ts'
import { assertClose } from '../testing/oracles.ts'
import { type AdwinOptions, adwin } from './adwin.ts'

const changesOf = (stream: readonly number[], options: AdwinOptions) => {
  const window = adwin(options)
  return stream.flatMap((value, i) => (window.add(value) ? [i] : []))
}

test('the published stream changes at exactly 1023 and 1055', () => {
  const { stream, delta, change_at } = driftOracles.adwin_capymoa
  assert.deepEqual(changesOf(stream, { delta }), change_at)
})

test('leaving the newest bucket of each row out is what makes other libraries report a third change', () => {
  const { stream, delta } = driftOracles.adwin_capymoa
  assert.deepEqual(changesOf(stream, { delta, skipNewestBuckets: true }), [1023, 1055, 1087])
})

test('mean and spread of the window are those of the values in it, after cuts too', () => {
  const draw = rng('adwin window')
  const window = adwin({ delta: 0.01 })
  const values: number[] = []
  for (let i = 0; i < 1500; i++) {
    const value = draw.uniform() < (i < 700 ? 0.2 : 0.7) ? 1 : 0
    values.push(value)
    window.add(value)
    const inside = values.slice(values.length - window.width())
    if (i % 97 !== 0) continue
    const mean = inside.reduce((sum, one) => sum + one, 0) / inside.length
    assertClose(window.mean()!, mean, 1e-9)
    const squares = inside.reduce((sum, one) => sum + (one - mean) ** 2, 0)
    assert.ok(Math.abs(window.state().squares - squares) < 1e-6, `${window.state().squares} ${squares}`)
  }
  assert.ok(window.width() < 850, `what was before the change is forgotten: ${window.width()}`)
})

test('memory grows with the logarithm of the width', () => {
  const window = adwin()
  for (let i = 0; i < 20_000; i++) window.add(i % 2)
  const { rows } = window.state()
  assert.ok(rows.length <= 13 && rows.every(row => row.length <= 5))
  assert.equal(
    rows.reduce((sum, row, r) => sum + row.length * 2 ** r, 0),
    20_000,
  )
})

test('no change is seen in 20,000 values without one', () => {
  const draw = rng('adwin null')
  const stream = Array.from({ length: 20_000 }, () => (draw.uniform() < 0.3 ? 1 : 0))
  assert.deepEqual(changesOf(stream, {}), [])
})

test('a window restored from its stored state goes on as if nothing had happened', () => {
  const { stream, delta } = driftOracles.adwin_capymoa
  const whole = adwin({ delta })
  const before = adwin({ delta })
  for (const value of stream.slice(0, 1010)) before.add(value)
  const after = adwin({ delta, from: JSON.parse(JSON.stringify(before.state())) })
  const seen: number[] = []
  stream.forEach((value, i) => {
    const changed = whole.add(value)
    if (i < 1010) return
    assert.equal(after.add(value), changed)
    if (changed) seen.push(i)
  })
  assert.deepEqual(seen, [1023, 1055])
  assert.deepEqual(after.state(), whole.state())
})

test('an empty window has no mean; what is not a finite number, and odd deltas, throw', () => {
  assert.equal(adwin().mean(), null)
  for (const bad of [NaN, Infinity]) assert.throws(() => adwin().add(bad), RangeError)
  for (const delta of [0, 1, NaN]) assert.throws(() => adwin({ delta }), RangeError)
  const constant = adwin()
  for (let i = 0; i < 200; i++) assert.equal(constant.add(5), false)
  assert.equal(constant.mean(), 5)
})

test('six values are too few to be held against the rest', () => {
  // Against the last six alone the mean of the window would have changed; with the two before them it has not.
  const stream = [...Array<number>(24).fill(0), -10, -10, ...Array<number>(6).fill(10)]
  assert.deepEqual(changesOf(stream, { delta: 0.999 }), [])
  assert.deepEqual(changesOf([...stream.slice(0, 24), ...Array<number>(8).fill(10)], { delta: 0.999 }), [31])
})
