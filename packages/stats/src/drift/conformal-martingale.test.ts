import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { assertClose } from '../testing/oracles.ts'
import { conformalMartingale } from './conformal-martingale.ts'

test('p-values and capital equal the definition, written out over a list with ties', () => {
  const draw = rng('martingale definition')
  const bets = [-1, 0, 1]
  const capital = [1 / 3, 1 / 3, 1 / 3]
  const seen: number[] = []
  const game = conformalMartingale(rng('u'))
  const ties = rng('u')
  for (let t = 1; t <= 300; t++) {
    const score = draw.int(30) + t / 20
    seen.push(score)
    const p = (seen.filter(s => s > score).length + ties.uniform() * seen.filter(s => s === score).length) / t
    assertClose(game.add(score), p, 1e-12)
    const mean = (capital[0]! + capital[1]! + capital[2]!) / 3
    bets.forEach((e, k) => {
      capital[k] = (0.99 * capital[k]! + 0.01 * mean) * (1 + e * (p - 0.5))
    })
    assert.ok(Math.abs(game.logCapital() - Math.log(capital.reduce((a, b) => a + b))) < 1e-9)
  }
  assert.equal(game.n(), 300)
})

test('p-values of a random order are uniform, also when all scores are equal', () => {
  const draw = rng('uniform p')
  for (const score of [() => draw.uniform(), () => 1]) {
    const game = conformalMartingale(rng('ties'))
    const counts = new Array<number>(10).fill(0)
    for (let t = 0; t < 5000; t++) counts[Math.floor(game.add(score()) * 10)]!++
    // Standard deviation of a count is 21; 100 is beyond 4.7 of them.
    for (const count of counts) assert.ok(Math.abs(count - 500) < 100, `${counts}`)
  }
})

test('a shift is an alarm, which stays when the capital falls again', () => {
  const draw = rng('martingale shift')
  const game = conformalMartingale(rng('ties'))
  for (let t = 0; t < 400; t++) game.add(draw.uniform())
  assert.equal(game.alarm(0.05), false)
  for (let t = 0; t < 100; t++) game.add(draw.uniform() + 0.5)
  assert.equal(game.alarm(0.05), true)
  for (let t = 0; t < 3000; t++) game.add(draw.uniform())
  assert.equal(game.alarm(0.05), true)
})

test('capital beyond the range of doubles stays a finite logarithm, both ways', () => {
  const rising = conformalMartingale(rng(1), { jump: 0 })
  for (let t = 0; t < 4000; t++) rising.add(t)
  assert.ok(Number.isFinite(rising.logCapital()) && rising.logCapital() > 1500)
  assert.ok(rising.alarm(1e-300))
})

test('a stream restored from its stored state goes on with the same capital', () => {
  const draw = rng('restore')
  const scores = Array.from({ length: 200 }, () => draw.uniform())
  const whole = conformalMartingale(rng('same'))
  for (const score of scores.slice(0, 100)) whole.add(score)
  const stored = JSON.parse(JSON.stringify(whole.state()))
  const restored = conformalMartingale(rng('later'), { from: stored })
  assert.equal(restored.logCapital(), whole.logCapital())
  assert.equal(restored.n(), 100)
  const one = conformalMartingale(rng('later'), { from: stored })
  for (const score of scores.slice(100)) assert.equal(one.add(score), restored.add(score))
})

test('NaN and settings outside their range throw', () => {
  assert.throws(() => conformalMartingale(rng(1)).add(NaN), RangeError)
  assert.throws(() => conformalMartingale(rng(1), { jump: 2 }), RangeError)
  assert.throws(() => conformalMartingale(rng(1)).alarm(0), RangeError)
})
