import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '@surety/stats'
import { exampleModel } from '../../model/example-model.ts'
import { makeSigningKey, signModel } from '../../model/signature.ts'
import { championCheck, championMargin, type Duel, flippedCheck } from './champion.ts'
import { aucChecks, brierCheck } from './quality.ts'
import { type Segment, segmentCheck } from './segments.ts'

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
