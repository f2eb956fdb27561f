import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sigmoid } from '../model/sigmoid.ts'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { normalDraw } from '../testing/normal-draws.ts'
import { answered } from '../testing/oracles.ts'
import { plannedChances } from './planned-chances.ts'
import { plannedShare } from './starts.ts'

/** Cases of a model that says too much or too little: its log-odds are `steep` times the true ones. */
function world(seed: string, n: number, steep: number) {
  const draw = rng(seed)
  const logOdds = Float64Array.from({ length: n }, () => -0.83 + 2.13 * normalDraw(draw))
  const p = logOdds.map(value => sigmoid(steep * value))
  return {
    p,
    y: Uint8Array.from(logOdds, value => (draw.uniform() < sigmoid(value) ? 1 : 0)),
    truly: logOdds.map(sigmoid),
  }
}

test('with a hundred outcomes the plan is within a factor of three of what is true, of models that say too much and too little', () => {
  const asked = world('asked', 2000, 1)
  for (const [side, alpha] of [
    ['yes', 0.1],
    ['no', 0.05],
  ] as const) {
    const truth = answered(plannedShare(asked.truly, asked.truly, side, alpha)).share
    for (const steep of [0.5, 1, 2]) {
      const scores = world('asked', 2000, steep).p
      let near = 0
      const tries = 60
      for (let i = 0; i < tries; i++) {
        const chances = plannedChances(world(`known ${i}`, 100, steep), scores)
        assert.ok(!('ok' in chances))
        const { share } = answered(plannedShare(scores, chances, side, alpha))
        if (share > truth / 3 && share < 3 * truth) near++
      }
      assert.ok(near >= 0.75 * tries, `${side}, log-odds times ${steep}: ${near} of ${tries} near ${truth}`)
    }
  }
})

test('a score that does not rank, and labels of one class, are planned by Venn-Abers; nothing known is refused', () => {
  const { p, y } = world('turned', 400, 1)
  const turned = plannedChances({ p: p.map(value => 1 - value), y }, p)
  assert.ok(!('ok' in turned))
  assert.ok(Math.max(...turned) - Math.min(...turned) < 0.5, 'it promises nothing at either end')
  const ones = plannedChances({ p, y: y.map(() => 1) }, p)
  assert.ok(!('ok' in ones))
  assert.ok(
    ones.every(value => value > 0.5 && value < 1),
    'the first of 400 was no sure thing',
  )
  const none = plannedChances({ p: new Float64Array(), y: new Uint8Array() }, p)
  assert.ok('ok' in none)
  assert.equal(codeOf(none), 'empty')
})
