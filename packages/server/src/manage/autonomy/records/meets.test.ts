import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '@surety/stats'
import { boundsMeet, meetsOutOfFold, onSide } from './meets.ts'

const act = { side: 'act', conditions: { on: 'lower_bound', narrow: true } } as const
const plain = { side: 'act' } as const

test('without further conditions only the side of the threshold counts: acts from it on, clears below it', () => {
  const p = Float64Array.from([0.2, 0.5, 0.9])
  const y = Uint8Array.from([0, 1, 1])
  assert.deepEqual([...meetsOutOfFold(plain, p, y, 0.5)], [0, 1, 1])
  assert.deepEqual([...meetsOutOfFold({ side: 'clear' }, p, y, 0.5)], [1, 0, 0])
  assert.equal(onSide({ side: 'clear' }, 0.5, 0.5), false)
})

test('a wide interval and a lower bound below the threshold miss; bounds are compared after rounding to six decimals', () => {
  assert.equal(boundsMeet(act, 0.75, 0.9, 0.7), true)
  assert.equal(boundsMeet(act, 0.7, 0.9, 0.7), false, 'a fifth wide')
  assert.equal(boundsMeet(act, 0.69, 0.8, 0.7), false)
  assert.equal(boundsMeet(act, 0.6999999, 0.8, 0.7), true)
  assert.equal(boundsMeet({ side: 'act', conditions: { on: 'lower_bound', narrow: false } }, 0.75, 1, 0.7), true)
  assert.equal(boundsMeet({ side: 'act', conditions: { on: 'probability', narrow: true } }, 0.1, 0.2, 0.7), true)
})

test('what a version is sure of meets narrow bounds, what it is not does not', () => {
  const draw = rng('out of fold')
  const many = Float64Array.from({ length: 1000 }, () => (draw.uniform() < 0.5 ? 0.95 : 0.05) + draw.uniform() / 1000)
  const labels = Uint8Array.from(many, score => (draw.uniform() < score ? 1 : 0))
  const met = meetsOutOfFold(act, many, labels, 0.7)
  const share = (of: (score: number) => boolean) => {
    const chosen = [...met].filter((_, i) => of(many[i]!))
    return chosen.reduce((sum, one) => sum + one, 0) / chosen.length
  }
  assert.equal(
    share(score => score < 0.5),
    0,
  )
  assert.ok(share(score => score > 0.5) > 0.9)
})

test('no label moves the bounds of its own row', () => {
  const draw = rng('own label')
  const lower = { side: 'act', conditions: { on: 'lower_bound', narrow: false } } as const
  const p = Float64Array.from({ length: 80 }, () => draw.uniform())
  const y = Uint8Array.from(p, score => (draw.uniform() < score ? 1 : 0))
  const met = meetsOutOfFold(lower, p, y, 0.5)
  assert.ok(met.includes(1) && met.includes(0))
  for (let i = 0; i < p.length; i++)
    assert.equal(
      meetsOutOfFold(
        lower,
        p,
        y.map((label, place) => (place === i ? 1 - label : label)),
        0.5,
      )[i],
      met[i],
    )
})
