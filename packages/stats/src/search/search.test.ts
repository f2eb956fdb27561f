import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuse } from '../refusal.ts'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { oneStandardError } from './one-standard-error.ts'
import { type HalvingTask, successiveHalving } from './successive-halving.ts'
import { timeFolds } from './time-folds.ts'

const alternating = (n: number) => Uint8Array.from({ length: n }, (_, i) => i % 2)

test('folds expand in time, keep the gap, and leave the latest rows untouched', () => {
  const times = Float64Array.from({ length: 1000 }, (_, i) => i)
  const { folds, holdout, skipped } = answered(timeFolds(times, alternating(1000), { gap: 30 }))
  assert.equal(folds.length, 5)
  assert.equal(skipped.length, 0)
  for (const { train, test: tested } of folds) {
    assert.equal(train.from, 0)
    assert.ok(times[tested.from]! - times[train.to - 1]! >= 30)
    assert.ok(times[tested.from]! - times[train.to]! < 30, 'no row is wasted')
    assert.ok(holdout.from - (tested.to - 1) >= 30)
  }
  assert.ok(folds.every(({ test: tested }, k) => k === 0 || tested.from === folds[k - 1]!.test.to))
  assert.equal(holdout.to, 1000)
})

test('rows of the same moment stay together', () => {
  const times = Float64Array.from({ length: 700 }, (_, i) => Math.floor(i / 37))
  const { folds, holdout } = answered(timeFolds(times, alternating(700), { gap: 1 }))
  for (const { train, test: tested } of folds) {
    assert.ok(times[train.to - 1]! < times[tested.from]!)
    assert.ok(times[tested.to - 1]! < times[tested.to]!)
  }
  assert.ok(times[holdout.from - 1]! < times[holdout.from]!)
})

test('a fold with one class is skipped and named; under three folds are too few', () => {
  const times = Float64Array.from({ length: 600 }, (_, i) => i)
  const lateStart = Uint8Array.from(times, i => (i > 120 ? i % 2 : 0))
  const some = answered(timeFolds(times, lateStart, { gap: 0 }))
  assert.deepEqual(
    some.skipped.map(({ reason }) => reason),
    ['no training row of class 1'],
  )
  const late = timeFolds(
    times,
    Uint8Array.from(times, i => (i > 300 ? 1 : 0)),
    { gap: 0 },
  )
  assert.ok(!late.ok && late.code === 'too_few' && late.need === 3)
  assert.equal(codeOf(timeFolds(times, alternating(600), { gap: 500 })), 'too_few')
})

test('times that go back, nothing, and odd options are refused', () => {
  assert.equal(codeOf(timeFolds(Float64Array.of(2, 1), alternating(2), { gap: 0 })), 'out_of_range')
  assert.equal(codeOf(timeFolds(Float64Array.of(1, NaN), alternating(2), { gap: 0 })), 'not_finite')
  assert.equal(codeOf(timeFolds(new Float64Array(), new Uint8Array(), { gap: 0 })), 'empty')
  assert.equal(codeOf(timeFolds(Float64Array.of(1), alternating(1), { gap: -1 })), 'out_of_range')
  assert.equal(codeOf(timeFolds(Float64Array.of(1), alternating(1), { gap: 0, folds: 2 })), 'out_of_range')
  assert.equal(codeOf(timeFolds(Float64Array.of(1), alternating(1), { gap: 0 })), 'too_few')
})

test('the simpler model wins within one paired standard error, and not beyond', () => {
  const hard = [0.3, 0.5, 0.7, 0.4]
  const best = { size: 100, losses: hard }
  const near = { size: 10, losses: [0.301, 0.499, 0.702, 0.399] } // excess .00025, standard error .00075
  const worse = { size: 1, losses: hard.map(loss => loss + 0.01) } // always .01 worse, though folds differ by .17
  assert.deepEqual(answered(oneStandardError([best, near, worse])).chosen, 1)
  assert.equal(answered(oneStandardError([best, worse])).chosen, 0)
  assert.equal(answered(oneStandardError([best])).chosen, 0)
  assert.equal(codeOf(oneStandardError([])), 'empty')
  assert.equal(codeOf(oneStandardError([{ size: 1, losses: [1] }])), 'too_few')
  assert.equal(codeOf(oneStandardError([{ size: 1, losses: [1, NaN] }])), 'not_finite')
})

interface Config {
  readonly value: number
}

const task: HalvingTask<Config> = {
  draw: draw => ({ value: draw.uniform() }),
  count: 27,
  folds: 3,
  most: 90,
  least: 10,
  budget: 1e6,
  size: () => 1,
  // Best at .3; more resource sharpens what little resource blurs.
  fitScore: ({ value }, fold, resource) => ({
    ok: true,
    loss: (value - 0.3) ** 2 + 0.1 * fold + Math.sin(1000 * value) / resource / 50,
  }),
}

test('thirds go on with three times the resource, everything tried is kept, the best is found', () => {
  const found = answered(successiveHalving(task, rng(3)))
  const perRung = [0, 1, 2].map(rung => found.trials.filter(trial => trial.rung === rung))
  assert.deepEqual(
    perRung.map(trials => [trials.length, trials[0]!.resource]),
    [
      [27, 10],
      [9, 30],
      [3, 90],
    ],
  )
  assert.equal(found.spent, 27 * 30 + 9 * 90 + 3 * 270)
  const closest = Math.min(...perRung[0]!.map(({ config }) => Math.abs(config.value - 0.3)))
  assert.ok(Math.abs(found.config.value - 0.3) <= closest + 0.02)
  assert.deepEqual(answered(successiveHalving(task, rng(3))), found)
})

test('the budget is never overspent, and what it pays goes to the best', () => {
  for (const budget of [30, 200, 810, 1000, 1500, 2000]) {
    const found = answered(successiveHalving({ ...task, budget }, rng(3)))
    assert.ok(found.spent <= budget)
    assert.equal(found.ended, 'budget')
  }
  const none = successiveHalving({ ...task, budget: 29 }, rng(3))
  assert.ok(!none.ok && none.need === 30)
})

test('a configuration that cannot be fitted is out and recorded; if none can, its refusal is the answer', () => {
  const broken: HalvingTask<Config> = {
    ...task,
    fitScore: (config, fold, resource) =>
      config.value < 0.5 ? refuse('not_converged', 1, 2, 'no optimum') : task.fitScore(config, fold, resource),
  }
  const found = answered(successiveHalving(broken, rng(3)))
  assert.ok(found.config.value >= 0.5)
  assert.ok(found.trials.some(({ refusal }) => refusal?.code === 'not_converged'))
  const all = successiveHalving({ ...task, fitScore: () => refuse('one_class', 0, 1, 'one class') }, rng(3))
  assert.equal(codeOf(all), 'one_class')
  const nan = successiveHalving({ ...task, fitScore: () => ({ ok: true, loss: NaN }) }, rng(3))
  assert.equal(codeOf(nan), 'not_finite')
})

test('too many configurations, too few folds and a stop are refused', () => {
  assert.equal(codeOf(successiveHalving({ ...task, count: 51 }, rng(1))), 'out_of_range')
  assert.equal(codeOf(successiveHalving({ ...task, folds: 2 }, rng(1))), 'too_few')
  assert.equal(codeOf(successiveHalving({ ...task, least: 0 }, rng(1))), 'out_of_range')
  assert.equal(codeOf(successiveHalving({ ...task, tick: () => false }, rng(1))), 'stopped')
  assert.equal(codeOf(successiveHalving({ ...task, tick: spent => spent < 20 }, rng(1))), 'stopped')
  assert.equal(answered(successiveHalving({ ...task, count: 1 }, rng(1))).trials.length, 1)
})

test('a search that is stopped answers with the best so far, and every trial is kept', () => {
  const whole = answered(successiveHalving(task, rng(3)))
  const stopAt = (units: number) =>
    answered(successiveHalving({ ...task, tick: (spent, budget) => spent < units && budget === task.budget }, rng(3)))
  // In the first rung: the best of the three that were scored; the fourth was cut after one fold.
  const early = stopAt(100)
  assert.equal(early.ended, 'stopped')
  assert.deepEqual(
    early.trials.map(({ losses, refusal }) => [losses.length, refusal?.code ?? null]),
    [
      [3, null],
      [3, null],
      [3, null],
      [1, 'stopped'],
    ],
  )
  assert.equal(early.meanLoss, Math.min(...early.trials.slice(0, 3).map(({ meanLoss }) => meanLoss!)))
  // In the second rung: the winner of the first, whatever the part of the second says.
  const later = stopAt(27 * 30 + 4 * 90)
  assert.equal(later.resource, 10)
  assert.deepEqual(later.trials.slice(0, 31), whole.trials.slice(0, 31))
  assert.equal(later.trials.length, 32)
  assert.equal(later.spent, 27 * 30 + 4 * 90)
  assert.deepEqual(stopAt(1e6), whole)
})

test('a limit in time is a tick of the caller', () => {
  let clock = 0
  const slow: HalvingTask<Config> = {
    ...task,
    fitScore: (...given) => {
      clock += 10
      return task.fitScore(...given)
    },
    tick: () => clock < 300,
  }
  const found = answered(successiveHalving(slow, rng(3)))
  assert.equal(found.ended, 'stopped')
  assert.equal(clock, 300)
})

test('an excess of exactly one standard error is within it', () => {
  // Excess 0, 0 and 3: mean 1, squares 6, standard error √(6/2/3) = 1.
  const best = { size: 2, losses: [1, 1, 1] }
  assert.equal(answered(oneStandardError([best, { size: 1, losses: [1, 1, 4] }])).chosen, 1)
  assert.equal(answered(oneStandardError([best, { size: 1, losses: [1 + 1e-9, 1, 4] }])).chosen, 0)
})

test('a third of ten is four; a field that the budget cuts by one ends with the budget', () => {
  const perRung = (found: { readonly trials: readonly { readonly rung: number }[] }) =>
    [0, 1, 2].map(rung => found.trials.filter(trial => trial.rung === rung).length)
  assert.deepEqual(perRung(answered(successiveHalving({ ...task, count: 10 }, rng(3)))), [10, 4, 2])
  const cut = answered(successiveHalving({ ...task, budget: 27 * 30 + 9 * 90 + 2 * 270 }, rng(3)))
  assert.deepEqual([perRung(cut), cut.ended], [[27, 9, 2], 'budget'])
})
