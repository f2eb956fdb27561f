import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from './rng.ts'

const first = (seed: number | string, count = 5) => {
  const stream = rng(seed)
  return Array.from({ length: count }, () => stream.uniform())
}

test('the same seed gives the same numbers, other seeds others, and text is not its number', () => {
  assert.deepEqual(first(42), first(42))
  assert.notDeepEqual(first(42), first(43))
  assert.notDeepEqual(first(42), first('42'))
})

test('the stream is pinned, so that a replay gives the same bytes after an upgrade', () => {
  assert.deepEqual(first(42, 3), [0.08856010489187893, 0.11794881214461483, 0.9346170789549826])
})

test('uniforms lie in [0, 1), fill it evenly and use more than 32 bits', () => {
  const stream = rng('even')
  const counts = new Array<number>(20).fill(0)
  let fine = 0
  for (let i = 0; i < 100_000; i++) {
    const u = stream.uniform()
    assert.ok(u >= 0 && u < 1)
    counts[Math.floor(u * 20)]!++
    if ((u * 2 ** 32) % 1 !== 0) fine++
  }
  // 19 degrees of freedom: beyond 60 in fewer than one seed of 200,000
  const chi2 = counts.reduce((sum, count) => sum + (count - 5000) ** 2 / 5000, 0)
  assert.ok(chi2 < 60, `chi2 ${chi2}`)
  assert.ok(fine > 99_000)
})

test('a fork neither moves its parent nor depends on when it was made', () => {
  const parent = rng(7)
  const early = parent.fork('a').uniform()
  const drawn = parent.uniform()
  assert.equal(parent.fork('a').uniform(), early)
  assert.equal(rng(7).uniform(), drawn)
  assert.notEqual(parent.fork('b').uniform(), early)
  assert.notEqual(parent.fork('a').fork('b').uniform(), parent.fork('ab').uniform())
})

test('whole numbers are even over a range that does not divide 2^32, and odd ranges throw', () => {
  const stream = rng('dice')
  const counts = [0, 0, 0]
  for (let i = 0; i < 30_000; i++) counts[stream.int(3)]!++
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 420, `${counts}`)
  assert.equal(stream.int(1), 0)
  for (const n of [0, -1, 1.5, NaN, 2 ** 33]) assert.throws(() => stream.int(n), RangeError)
})
