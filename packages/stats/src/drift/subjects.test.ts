import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { ksDistance, ksTwoSample } from './ks.ts'
import { designEffect, onePerSubject, type SubjectSample, subjectPermutation } from './subjects.ts'

/** Subjects with `each` events that share a part of their variance; values are sums of uniforms. */
function people(seed: string, from: number, count: number, each: number, intraClass: number, shift = 0): SubjectSample {
  const draw = rng(seed)
  const noise = () => (draw.uniform() + draw.uniform() + draw.uniform() - 1.5) * 2
  const values: number[] = []
  const subjects: number[] = []
  for (let s = 0; s < count; s++) {
    const own = noise() * Math.sqrt(intraClass) + shift
    for (let k = 0; k < each; k++) {
      values.push(own + noise() * Math.sqrt(1 - intraClass))
      subjects.push(from + s)
    }
  }
  return { values: Float64Array.from(values), subjects: Int32Array.from(subjects) }
}

test('100 people with 10 events each and a shared half of the variance are worth about 180 values', () => {
  const result = answered(designEffect(people('effect', 0, 400, 10, 0.5)))
  assertClose(result.intraClass, 0.5, 0.12)
  assertClose(result.effect, 5.5, 0.12)
  assert.equal(result.clusterSize, 10)
})

test('independent events have an effect of about 1, copies of one value per subject that of the size', () => {
  assert.ok(answered(designEffect(people('independent', 0, 300, 4, 0))).effect < 1.2)
  const copies = answered(
    designEffect({ values: Float64Array.of(1, 1, 1, 5, 5, 5), subjects: Int32Array.of(1, 1, 1, 2, 2, 2) }),
  )
  assert.deepEqual([copies.intraClass, copies.effect], [1, 3])
  const single = answered(designEffect({ values: Float64Array.of(1, 2, 3), subjects: Int32Array.of(1, 2, 3) }))
  assert.equal(single.effect, 1)
})

test('one value per subject is the mean, subjects in order of appearance', () => {
  assert.deepEqual([...onePerSubject({ values: Float64Array.of(1, 5, 3), subjects: Int32Array.of(9, 2, 9) })], [2, 5])
})

test('events of one subject are no independent evidence: plain KS alarms for nothing, the three cures do not', () => {
  let plain = 0
  let permuted = 0
  let effect = 0
  let single = 0
  const worlds = 40
  for (let w = 0; w < worlds; w++) {
    const before = people(`before ${w}`, 0, 30, 10, 0.5)
    const after = people(`after ${w}`, 30, 30, 10, 0.5)
    if (answered(ksTwoSample(before.values, after.values, { method: 'asymptotic' })).p <= 0.05) plain++
    const p = answered(subjectPermutation(before, after, ksDistance, rng(w), { permutations: 99 })).p
    if (p <= 0.05) permuted++
    const designEffects = [answered(designEffect(before)).effect, answered(designEffect(after)).effect] as const
    if (answered(ksTwoSample(before.values, after.values, { designEffects })).p <= 0.05) effect++
    if (answered(ksTwoSample(onePerSubject(before), onePerSubject(after))).p <= 0.05) single++
  }
  // Plain KS alarms in about 40 % of such worlds. For a level of 5 % more than 8 of 40 has a chance of 2e-4.
  assert.ok(plain >= 9, `plain ${plain}`)
  for (const [name, count] of Object.entries({ permuted, effect, single }))
    assert.ok(count <= 8, `${name}: ${count} of ${worlds}`)
})

test('a change that many subjects share is found, also when all of them are seen in both windows', () => {
  const before = people('same people', 0, 40, 5, 0.3)
  const after = people('same people', 0, 40, 5, 0.3, 1.2)
  const result = answered(subjectPermutation(before, after, ksDistance, rng('find'), { permutations: 199 }))
  assert.equal(result.p, 1 / 200)
  assert.equal(result.subjects, 40)
  assert.ok(allFinite(result))
})

test('a change is found between windows that have no subject in common', () => {
  const [before, after] = [people('first', 0, 25, 5, 0.3), people('second', 25, 25, 5, 0.3, 1.5)]
  const result = answered(subjectPermutation(before, after, ksDistance, rng('apart'), { permutations: 199 }))
  assert.equal(result.p, 1 / 200)
})

test('nothing, one subject, infinities and a caller who has enough are refused; unequal arrays throw', () => {
  const some = people('some', 0, 3, 2, 0.1)
  const none = { values: new Float64Array(0), subjects: new Int32Array(0) }
  const same = { values: Float64Array.of(1, 1), subjects: Int32Array.of(1, 1) }
  const broken = { values: Float64Array.of(1, NaN), subjects: Int32Array.of(1, 2) }
  assert.equal(codeOf(designEffect(none)), 'empty')
  assert.equal(codeOf(designEffect(same)), 'too_few')
  assert.equal(codeOf(designEffect({ values: Float64Array.of(1, 1, 1), subjects: Int32Array.of(1, 1, 2) })), 'constant')
  assert.equal(codeOf(designEffect(broken)), 'not_finite')
  assert.equal(codeOf(subjectPermutation(some, none, ksDistance, rng(1))), 'empty')
  assert.equal(codeOf(subjectPermutation(same, same, ksDistance, rng(1))), 'too_few')
  assert.equal(codeOf(subjectPermutation(some, broken, ksDistance, rng(1))), 'not_finite')
  assert.equal(codeOf(subjectPermutation(some, some, ksDistance, rng(1), { tick: () => false })), 'stopped')
  assert.throws(() => onePerSubject({ values: Float64Array.of(1), subjects: new Int32Array(0) }), RangeError)
})
