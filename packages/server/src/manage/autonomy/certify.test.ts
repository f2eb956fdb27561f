import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Action, eachSide } from '@surety/contract'
import { binomialRiskP } from '@surety/stats'
import { podNamed } from '../../pods.ts'
import { certify, type Evidence, leastRows } from './certify.ts'

const [act, clear] = eachSide(podNamed('table').questions[0].actions) as readonly [Action, Action]
const asked = (action: Action, change: Partial<Action> = {}, spending = 1) => ({
  action: { ...action, ...change },
  floor: 0.5,
  spending,
})
/** n rows above the floor, best first, of which the last `wrong` are 0. */
const above = (n: number, wrong: number): Evidence[] =>
  Array.from({ length: n }, (_, i) => ({ probability: 0.99 - i * 1e-4, label: i < n - wrong ? 1 : 0 }))

test('fact 50 with the spending of the first attempt: 29/59/149/299 become 34/69/173/348, and more with every attempt', () => {
  const least = (alpha: number, spending: number) => leastRows(asked(act, { alpha }, spending)).walk
  // ceil(ln(.05 * 6/pi^2) / ln(1 - alpha))
  assert.deepEqual(
    [0.1, 0.05, 0.02, 0.01].map(alpha => least(alpha, 1)),
    [34, 69, 173, 348],
  )
  assert.deepEqual([least(0.1, 30), least(0.1, 365)], [98, 146])
})

test('fact 51: at 10 %, 4 of 100 pass where 5 do not, and 1 of 58 where 2 do not', () => {
  const p = (wrong: number, n: number) => Number(binomialRiskP(wrong, n, 0.1).toFixed(4))
  assert.deepEqual([p(4, 100), p(5, 100), p(1, 58), p(2, 58)], [0.0237, 0.0576, 0.0165, 0.0618])
  // At the delta of the first attempt (.0304) both verdicts are the same: all rows share one score, so there is one cut.
  const flat = (n: number, wrong: number): Evidence[] => above(n, wrong).map(row => ({ ...row, probability: 0.9 }))
  const verdicts = [flat(100, 4), flat(100, 5), flat(58, 1), flat(58, 2)].map(rows => certify(rows, asked(act)).kind)
  assert.deepEqual(verdicts, ['certified', 'refused', 'certified', 'refused'])
})

test('rows below the floor never enter the walk of an act, and those above it never that of a clear', () => {
  const low = above(500, 0).map(row => ({ ...row, probability: row.probability - 0.6 }))
  const found = certify([...above(33, 0), ...low], asked(act))
  assert.equal(found.kind === 'not_asked' && found.shortfall.have, 33)
  const passed = certify([...above(34, 0), ...low], asked(act))
  assert.ok(passed.kind === 'certified')
  assert.deepEqual([passed.accepted, passed.share], [34, 34 / 534])
})

test('too few rows are told without spending: how many more, from which score, and what they would unlock', () => {
  const found = certify(above(12, 0), asked(act))
  assert.ok(found.kind === 'not_asked')
  const { sentence, ...shortfall } = found.shortfall
  assert.deepEqual(shortfall, { code: 'too_few_labels', have: 12, need: 34, unlocksFrom: 0.5, share: 1 })
  assert.equal(
    sentence,
    '12 of at least 34 labelled cases at 0.500 or above: 22 more reviews at 0.500 or above unlock about 100 % of cases.',
  )
})

test('a share of wrong ones within the budget needs more rows, one above it is no matter of more rows', () => {
  const close = certify(
    above(60, 4).map(row => ({ ...row, probability: 0.9 })),
    asked(act),
  )
  assert.ok(close.kind === 'refused')
  assert.deepEqual(
    [close.shortfall.code, close.shortfall.have, close.shortfall.unlocksFrom],
    ['too_few_labels', 60, 0.9],
  )
  assert.ok(close.shortfall.need > 60)
  const hopeless = certify(
    above(60, 20).map(row => ({ ...row, probability: 0.9 })),
    asked(act),
  )
  assert.ok(hopeless.kind === 'refused')
  assert.equal(hopeless.shortfall.code, 'error_too_high')
  assert.match(hopeless.shortfall.sentence, /20 of the 60 surest cases were wrong, 33.3 %; the budget allows 10 %/)
})

test('a clear obeys both budgets, each at half the delta, and the miss budget looks at all positives', () => {
  const rows: Evidence[] = [
    ...Array.from({ length: 400 }, (_, i) => ({
      probability: 0.01 + i * 1e-4,
      label: (i >= 300 && i % 20 === 19 ? 1 : 0) as 0 | 1,
    })),
    ...above(60, 0),
  ]
  const found = certify(rows, asked(clear))
  assert.ok(found.kind === 'certified' && found.miss !== null)
  assert.equal(found.walk.delta, found.deltaSpent / 2)
  assert.equal(found.miss.delta, found.deltaSpent / 2)
  assert.equal(found.miss.positives, 65)
  const cleared = rows.filter(row => row.probability <= found.walk.threshold && row.probability < found.miss!.below)
  assert.equal(found.accepted, cleared.length)
  assert.equal(found.wrong, cleared.filter(row => row.label === 1).length)
  const few = certify(rows.slice(0, 410), asked(clear))
  assert.equal(few.kind === 'not_asked' && few.shortfall.code, 'too_few_positives')
  assert.equal(certify(rows.slice(0, 410), asked(clear, { missBudget: null })).kind, 'certified')
})
