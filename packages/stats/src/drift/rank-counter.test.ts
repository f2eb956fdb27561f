import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { rankCounter } from './rank-counter.ts'

test('counts equal those of a plain list, with ties, after every insertion', () => {
  const draw = rng('ranks')
  const counter = rankCounter()
  const list: number[] = []
  for (let i = 0; i < 600; i++) {
    const value = draw.int(80) / 8 - 5
    list.push(value)
    counter.add(value)
    const asked = draw.int(90) / 8 - 5.5
    assert.equal(counter.above(asked), list.filter(one => one > asked).length)
    assert.equal(counter.equal(asked), list.filter(one => one === asked).length)
  }
  assert.equal(counter.size(), 600)
  assert.deepEqual(counter.values(), Float64Array.from(list).sort())
})

test('ascending values, the worst case of a plain tree, are counted in little time and depth', () => {
  const counter = rankCounter(Float64Array.from({ length: 50_000 }, (_, i) => i))
  assert.equal(counter.above(40_000), 9_999)
  assert.equal(counter.equal(7), 1)
})

test('-0 equals 0, nothing is above in an empty tree, and NaN throws', () => {
  const counter = rankCounter([0, -0])
  assert.equal(counter.equal(-0), 2)
  assert.equal(rankCounter().above(1), 0)
  assert.throws(() => counter.add(NaN), RangeError)
})
