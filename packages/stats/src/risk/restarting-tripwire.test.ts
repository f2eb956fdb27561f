import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import {
  armRestartingTripwire,
  beginRound,
  feedRestartingTripwire,
  rearmRestartingTripwire,
  restartTripwire,
  worstRun,
} from './restarting-tripwire.ts'
import { armTripwire, observeTripwire } from './tripwire.ts'

const budget = { epsilon: 0.1, delta: 0.05 }
const fed = (losses: readonly number[], span: number, from = answered(armRestartingTripwire(budget, span))) =>
  losses.reduce(feedRestartingTripwire, from)

test('K is half of the bets placed first, half of the mean of those placed before each case, and what is not bet yet', () => {
  const losses = [0, 1, 0, 0, 1, 1, 0, 0.5]
  const wire = fed(losses, 10)
  const factor = (rate: number, loss: number) => (rate / 0.1) ** loss * ((1 - rate) / 0.9) ** (1 - loss)
  let k = 0
  for (const rate of [0.14, 0.2, 0.3]) {
    const from = (at: number) => losses.slice(at).reduce((product, loss) => product * factor(rate, loss), 1)
    const restarts = losses.reduce((sum, _, at) => sum + from(at), 0)
    k += (from(0) / 2 + restarts / 20) / 3
  }
  assertClose(Math.exp(wire.logEvidence), k + (1 - 8 / 10) / 2, 1e-12)
  assert.deepEqual([wire.audited, wire.wrong, wire.fed], [8, 3.5, 8])
})

test('at the budget its mean stays 1, over all outcomes of ten cases', () => {
  let mean = 0
  for (let outcomes = 0; outcomes < 1024; outcomes++) {
    const losses = Array.from({ length: 10 }, (_, i) => (outcomes >> i) & 1)
    const wrong = losses.reduce((a, b) => a + b, 0)
    mean += 0.1 ** wrong * 0.9 ** (10 - wrong) * Math.exp(fed(losses, 12).logEvidence)
  }
  assertClose(mean, 1, 1e-12)
})

test('after a round it begins anew, and its counts go on', () => {
  const round = fed(new Array(20).fill(0), 20)
  const next = feedRestartingTripwire(round, 1)
  assert.deepEqual([next.fed, next.audited, next.wrong], [1, 21, 1])
  assert.equal(next.logEvidence, fed([1], 20).logEvidence)
})

test('a long good time does not make it blind, as it makes the plain one', () => {
  const good = new Array<number>(3000).fill(0)
  const bad = Array.from({ length: 400 }, (_, i) => (i % 4 === 3 ? 1 : 0))
  assert.equal(fed(bad, 5000, fed(good, 5000)).tripped, true)
  const plain = [...good, ...bad].reduce((wire, loss) => observeTripwire(wire, loss), answered(armTripwire(budget)))
  assert.equal(plain.tripped, false)
})

test('once tripped it stays tripped, however well things go afterwards; armed again it starts with half the delta', () => {
  let wire = fed(new Array(20).fill(1), 500)
  assert.equal(wire.tripped, true)
  wire = fed(new Array(2000).fill(0), 500, wire)
  assert.equal(wire.tripped, true)
  const again = rearmRestartingTripwire(rearmRestartingTripwire(wire))
  assert.deepEqual(
    [again.tripped, again.delta, again.logEvidence, again.armed, again.audited, again.fed],
    [false, 0.0125, 0, 3, 0, 0],
  )
})

test('the worst run is that of the rate which fits best, since things last looked well', () => {
  const good = new Array<number>(1000).fill(0)
  const { audited, wrong } = worstRun(fed([...good, 1, 0, 1, 1], 5000))
  assert.deepEqual([audited, wrong], [4, 3])
  const slow = worstRun(fed([...good, ...Array.from({ length: 400 }, (_, i) => (i % 7 === 0 ? 1 : 0))], 5000))
  assert.ok(slow.audited > 350 && slow.audited <= 400, `${slow.audited}`)
  assert.deepEqual(worstRun(fed(good, 5000)), { audited: 0, wrong: 0, log: 0 })
})

test('another round may have another length, and begins from nothing', () => {
  const round = beginRound(fed([1, 1, 0], 10), 40)
  assert.deepEqual([round.span, round.fed, round.logEvidence, round.audited], [40, 0, 0, 3])
  assert.equal(feedRestartingTripwire(round, 1).logEvidence, fed([1], 40).logEvidence)
  assert.throws(() => beginRound(round, 0), RangeError)
})

test('a plain tripwire goes on: what spoke against the action is kept, what spoke for it is not', () => {
  const plain = (losses: readonly number[]) =>
    losses.reduce((wire, loss) => observeTripwire(wire, loss), answered(armTripwire(budget)))
  const good = restartTripwire(plain(new Array(500).fill(0)), 5000)
  assert.equal(good.logEvidence, 0)
  assert.deepEqual([good.audited, good.wrong, good.tripped, good.delta, good.armed], [500, 0, false, 0.05, 1])
  const doubtful = plain([1, 1])
  const carried = restartTripwire(doubtful, 5000)
  assertClose(Math.exp(carried.logEvidence), (1 + Math.exp(doubtful.logEvidence)) / 2, 1e-12)
  const bad = plain(new Array(20).fill(1))
  const tripped = restartTripwire(bad, 5000)
  assert.deepEqual([tripped.tripped, tripped.logEvidence], [true, bad.logEvidence])
})

test('a hundred thousand right acts and a hundred thousand wrong ones leave finite numbers, also through JSON', () => {
  for (const loss of [0, 1]) {
    let wire = answered(armRestartingTripwire({ epsilon: 0.01, delta: 0.05 }, 200_000))
    for (let i = 0; i < 100_000; i++) wire = feedRestartingTripwire(wire, loss)
    assert.ok(allFinite(wire))
    assert.deepEqual(JSON.parse(JSON.stringify(wire)), wire)
    assert.equal(wire.tripped, loss === 1)
  }
})

test('bets stay below 1 and above the budget, whatever the budget is', () => {
  for (const epsilon of [1e-4, 0.2, 0.4, 0.6, 0.7, 0.94, 0.99]) {
    const { rates } = answered(armRestartingTripwire({ epsilon, delta: 0.05 }, 100))
    for (const rate of rates) assert.ok(rate > epsilon && rate < 1, `${epsilon}: ${rates}`)
  }
})

test('budgets of 0 and 1 and rounds of nothing are refused, impossible losses throw', () => {
  for (const bad of [0, 1, NaN])
    assert.equal(codeOf(armRestartingTripwire({ epsilon: bad, delta: 0.05 }, 10)), 'out_of_range')
  for (const bad of [0, 1.5, NaN, -3]) assert.equal(codeOf(armRestartingTripwire(budget, bad)), 'out_of_range')
  for (const bad of [NaN, -0.1, 1.1]) assert.throws(() => fed([bad], 10), RangeError)
})
