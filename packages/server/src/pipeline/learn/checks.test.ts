import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '@surety/stats'
import { exampleModel } from '../../model/example-model.ts'
import { makeSigningKey, signModel } from '../../model/signature.ts'
import { betterCheck, championCheck, championMargin, type Duel, flippedCheck } from './champion.ts'
import { enoughRows, holdOut } from './enough-rows.ts'
import { goldenCheck } from './golden-cases.ts'
import { type HeldOutRow, newestPerTenant } from './held-out.ts'
import { leakCheck } from './leak.ts'
import { aucChecks, brierCheck } from './quality.ts'
import { liveLabelCheck, type Segment, segmentCheck, segmentsOf } from './segments.ts'
import type { TrainingRow } from './training-row.ts'

const model = (auc: number, lower: number) =>
  signModel(exampleModel({ metrics: { auc, auc_ci: [lower, 0.9] } }), makeSigningKey().key)

/** Scores that rank as well as said: normal around the label, `apart` standard deviations from each other. */
function duel(n: number, apart: { readonly champion: number; readonly challenger: number }, seed = 'duel'): Duel {
  const draw = rng(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - draw.uniform())) * Math.cos(2 * Math.PI * draw.uniform())
  const labels = Uint8Array.from({ length: n }, (_, i) => i % 2)
  const scored = (distance: number) =>
    Float64Array.from(labels, label => 1 / (1 + Math.exp(-(normal() + label * distance))))
  const pairs = { labels, champion: scored(apart.champion), challenger: scored(apart.challenger) }
  return { scored: pairs, all: pairs }
}
const flipped = (one: Duel | null, lower = 0.6, own = { auc: 0.8, upper: 0.9 }) =>
  flippedCheck(one, model(0.7, lower), own)

test('the challenger is judged by the lower end of the difference: about as good on few cases proves nothing', () => {
  const few = championCheck(duel(60, { champion: 1.2, challenger: 1.5 }))
  const [, difference] = /difference (-?[\d.]+), at least/.exec(few.sentence)!
  assert.ok(Number(difference) > championMargin, few.sentence)
  assert.deepEqual([few.passed, few.limit, few.value! < championMargin], [false, championMargin, true], few.sentence)
  assert.equal(championCheck(duel(4000, { champion: 1.2, challenger: 1.5 })).passed, true)
})

test('a Brier score above that of the base rate is refused by the smallest step, equal to it is not', () => {
  assert.deepEqual(
    [0.2, 0.2 + 1e-12, 0.3, 0.1].map(own => brierCheck(own, 0.2, 100).passed),
    [true, false, false, true],
  )
})

test('the AUC may be at its floor and its lower bound at its own; under either the model is refused', () => {
  const passed = (value: number, lower: number) =>
    aucChecks({ ok: true, value, lower, upper: 0.95, n: 200 } as Parameters<typeof aucChecks>[0], 0.65).map(
      one => one.passed,
    )
  assert.deepEqual(passed(0.65, 0.55), [true, true])
  assert.deepEqual(passed(0.6499, 0.55), [false, true])
  assert.deepEqual(passed(0.9, 0.5499), [true, false], 'a wide interval is no proof, however good the estimate')
})

test('labels count as exchanged only with evidence: an interval under one half, mirrored at full strength', () => {
  const backwards = { champion: -1, challenger: 1 }
  assert.equal(flipped(duel(2000, backwards)).passed, false)
  // Backwards on a handful of cases is chance.
  const few = duel(24, { champion: -0.3, challenger: 1 }, 'few')
  const sentence = flipped(few, 0.5).sentence
  assert.match(sentence, /AUC 0\.[0-4]/, 'the estimate itself is under one half')
  assert.equal(flipped(few, 0.5).passed, true, sentence)
  // A champion that ranks a little backwards has drifted; exchanged labels would be as far below one half as it was above.
  assert.equal(flipped(duel(4000, { champion: -0.25, challenger: 1 }), 0.8).passed, true)
  assert.equal(flipped(null, 0.6, { auc: 0.45, upper: 0.55 }).passed, true)
  assert.equal(flipped(null, 0.6, { auc: 0.4, upper: 0.49 }).passed, false)
})

test('the weakest segment may be at .55 and not under it', () => {
  const one = (auc: number | null): Segment => ({ feature: 'tenant', level: 'acme', n: 80, positives: 30, auc })
  assert.deepEqual(
    [0.55, 0.5499, 0.9, null].map(auc => segmentCheck([one(0.9), one(auc)]).passed),
    [true, false, true, true],
  )
  assert.equal(segmentCheck([one(null)]).passed, null)
})

const day = 86_400_000

test('who is no better takes nobody over who is young; who is no worse takes over who is old, or goes anyway', () => {
  const { all } = duel(200, { champion: 1, challenger: 1 })
  const same: Duel = { scored: all, all: { ...all, challenger: all.champion } }
  const passed = (ageMs: number, goes = false) => betterCheck(same, { ageMs, goes }).passed
  assert.deepEqual([passed(0), passed(30 * day), passed(30 * day + 1), passed(0, true)], [false, false, true, true])
})

test('a hundred rows that train and twenty of each class are enough, one fewer of any is not', () => {
  const heldOut = { positives: 10, negatives: 10 }
  const passed = (trainRows: number, positives: number, negatives: number) => {
    const labels = Uint8Array.from({ length: positives + negatives }, (_, i) => (i < positives ? 1 : 0))
    return enoughRows(labels, { trainRows, share: 0.2, heldOut }).passed
  }
  assert.deepEqual([passed(100, 20, 100), passed(100, 100, 20)], [true, true])
  assert.deepEqual([passed(99, 20, 100), passed(100, 19, 100), passed(100, 100, 19)], [false, false, false])
})

test('ten of each class among the newest rows are enough to judge on, nine of either are not', () => {
  const passed = (positives: number, negatives: number) =>
    holdOut({ trainRows: 100, share: 0.2, heldOut: { positives, negatives } }).passed
  assert.deepEqual([passed(10, 10), passed(9, 100), passed(100, 9)], [true, false, false])
})

const rowOf = (value: string | number | null, label: 0 | 1, i: number): TrainingRow => {
  return { id: `${i}`, at: i, values: [value], label, tenant: 'acme', source: 'reported' }
}
const leaks = (kind: 'numeric' | 'categorical', train: readonly TrainingRow[], held: readonly TrainingRow[]) => {
  const rows = [...train, ...held]
  const labels = Uint8Array.from(rows, row => row.label)
  return leakCheck([{ name: 'x', kind, meaning: 'x' }], rows, labels, train.length)
}

test('a feature that ranks later cases with .99 knows the outcome', () => {
  // Later cases: of a hundred pairs of both classes one is the wrong way round.
  const levels = { a: 0, b: 3, c: 6, d: 10 }
  const train = Object.entries(levels).flatMap(([level, ones]) =>
    Array.from({ length: 10 }, (_, i) => rowOf(level, i < ones ? 1 : 0, i)),
  )
  const held = [
    ...Array.from({ length: 9 }, (_, i) => rowOf('a', 0, i)),
    rowOf('c', 0, 9),
    rowOf('b', 1, 10),
    ...Array.from({ length: 9 }, (_, i) => rowOf('d', 1, i)),
  ]
  const found = leaks('categorical', train, held)
  assert.deepEqual([found.value, found.passed], [0.99, false])
  const fewer = leaks('categorical', train, [...held, rowOf('c', 0, 11)])
  assert.equal(fewer.passed, true, `${fewer.value}`)
})

test('a number that is missing before the outcome alone is told from the smallest numbers', () => {
  const rows = Array.from({ length: 400 }, (_, i) => rowOf(i % 2 === 0 ? null : i, i % 2 === 0 ? 1 : 0, i))
  assert.deepEqual(
    leaks(
      'numeric',
      rows,
      rows.map(row => ({ ...row, at: row.at + 400 })),
    ).value,
    1,
  )
})

test('a golden case may lie on either of its bounds, and one that cannot be scored is broken', () => {
  const plain = exampleModel({ weights: { score: 1 } })
  const features = {
    score: 0,
    details_len: 50,
    hour_of_day: 0,
    tenant: 'acme',
    intent: 'quote',
    sentiment: 'neutral',
    urgency: 'low',
  }
  const passed = (least: number, most: number, given: object = features) =>
    goldenCheck(plain, [{ name: 'even', features: given as typeof features, least, most }]).passed
  assert.deepEqual(
    [passed(0.5, 0.9), passed(0.1, 0.5), passed(0.5 + 1e-9, 0.9), passed(0.1, 0.5 - 1e-9)],
    [true, true, false, false],
  )
  assert.equal(passed(0, 1, {}), false)
})

test('fifty rows make a segment, forty-nine none', () => {
  const sizes = (n: number) => {
    const rows = Array.from({ length: n }, (_, i) => rowOf('a', i % 2 === 0 ? 1 : 0, i))
    return segmentsOf(
      [],
      [],
      rows,
      Float64Array.from(rows, (_, i) => i),
    ).map(segment => segment.n)
  }
  assert.deepEqual([sizes(50), sizes(49)], [[50], []])
})

test('of each tenant the newest rows are kept', () => {
  const held = Array.from(
    { length: 6 },
    (_, i) => ({ id: `${i}`, tenant: i % 2 === 0 ? 'acme' : 'borg' }) as HeldOutRow,
  )
  assert.deepEqual(
    newestPerTenant(held, 2).map(({ id }) => id),
    ['2', '4', '3', '5'],
  )
})

test('fifty cases with live labels are enough to hold a model to its floor, which it may lie on; what was imported is none', () => {
  const passed = (live: number, minAuc: number) => {
    const rows = Array.from({ length: 60 }, (_, i) => {
      return { ...rowOf('a', i % 2 === 0 ? 1 : 0, i), source: i < live ? 'reported' : 'imported' }
    })
    // Of each class the same scores: an AUC of exactly one half.
    return liveLabelCheck(
      rows,
      Float64Array.from(rows, (_, i) => Math.floor(i / 2)),
      minAuc,
    ).passed
  }
  assert.deepEqual([passed(50, 0.5), passed(50, 0.5 + 1e-9), passed(49, 0.9)], [true, false, null])
})
