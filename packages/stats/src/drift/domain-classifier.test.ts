import assert from 'node:assert/strict'
import { test } from 'node:test'
import { denseDesign } from '../model/design.ts'
import { refuse } from '../refusal.ts'
import { rng } from '../rng.ts'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { normalDraw } from '../testing/normal-draws.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { type DomainLearner, domainClassifier } from './domain-classifier.ts'

const normals = (seed: string, rows: number, columns: number, shift = 0) => {
  const draw = rng(seed)
  const values = Float64Array.from({ length: rows * columns }, () => normalDraw(draw) + shift)
  return denseDesign(values, rows, columns)
}

test('a window from elsewhere is told apart with the smallest p-value there is', () => {
  const moved = answered(
    domainClassifier(normals('before', 200, 2), normals('moved', 150, 2, 0.8), rng(1), { permutations: 39 }),
  )
  assert.ok(moved.auc > 0.7)
  assert.equal(moved.p, 1 / 40)
  assert.ok(allFinite(moved))
})

test('equal windows get a p-value of at most .05 in about one world of twenty', () => {
  let small = 0
  for (let w = 0; w < 40; w++) {
    const same = domainClassifier(normals(`a${w}`, 50, 2), normals(`b${w}`, 40, 2), rng(w), { permutations: 19 })
    if (answered(same).p! <= 0.05) small++
  }
  // 2 are expected; more than 8 has a chance of 2e-4.
  assert.ok(small <= 8, `${small} of 40`)
})

test('the density ratio of a normal that shifts by s is exp(s·x - s²/2)', () => {
  const before = normals('ratio before', 4000, 1)
  const after = normals('ratio after', 3000, 1, 0.5)
  const { referenceWeights, p } = answered(domainClassifier(before, after, rng(2)))
  assert.equal(p, null)
  for (const row of [0, 1, 2, 3, 4, 5]) {
    const x = before.dense[row]!
    assertClose(referenceWeights[row]!, Math.exp(0.5 * x - 0.125), 0.25)
  }
  assertClose(referenceWeights.reduce((sum, w) => sum + w, 0) / 4000, 1, 0.1)
})

test('weights stay between a thousandth and a thousand where the windows do not overlap', () => {
  const far = answered(domainClassifier(normals('a', 60, 1), normals('b', 60, 1, 40), rng(3)))
  assert.equal(far.auc, 1)
  for (const weight of [...far.referenceWeights, ...far.currentWeights]) assert.ok(weight >= 1e-3 && weight <= 1e3)
})

test('rows of one subject move together: people with ten equal rows each are no evidence for a change', () => {
  let byRow = 0
  let bySubject = 0
  for (let w = 0; w < 20; w++) {
    const draw = rng(`people ${w}`)
    const people = Array.from({ length: 12 }, () => draw.uniform() * 4)
    const rowsOf = (from: number) => Float64Array.from({ length: 60 }, (_, i) => people[from + Math.floor(i / 10)]!)
    const [before, after] = [denseDesign(rowsOf(0), 60, 1), denseDesign(rowsOf(6), 60, 1)]
    const subjects = Int32Array.from({ length: 120 }, (_, i) => Math.floor(i / 10))
    const options = { permutations: 19, folds: 3 }
    if (answered(domainClassifier(before, after, draw, options)).p! <= 0.05) byRow++
    if (answered(domainClassifier(before, after, draw, { ...options, subjects })).p! <= 0.05) bySubject++
  }
  // By row about half of the worlds alarm. By subject 1 is expected, and more than 6 has a chance of 3e-5.
  assert.ok(byRow >= 7 && bySubject <= 6, `${byRow} ${bySubject}`)
})

test('another learner takes the place of logistic regression, and its refusal is passed on', () => {
  const [before, after] = [normals('c', 40, 1), normals('d', 40, 1, 2)]
  const byValue = answered(domainClassifier(before, after, rng(5), { learner: (_train, _y, others) => others.dense }))
  assert.ok(byValue.auc > 0.85)
  const refusing = domainClassifier(before, after, rng(5), { learner: () => refuse('no_signal', 0, 1, 'no') })
  assert.equal(codeOf(refusing), 'no_signal')
})

test('no row is judged by a learner that has seen it: one that learns by heart tells nothing', () => {
  const byHeart: DomainLearner = (train, y, others) => {
    const seen = new Map(Array.from(train.dense, (value, i) => [value, y[i] === 1 ? 5 : -5]))
    return others.dense.map(value => seen.get(value) ?? 0)
  }
  const result = answered(domainClassifier(normals('h', 60, 1), normals('i', 60, 1), rng(7), { learner: byHeart }))
  assert.equal(result.auc, 0.5)
  assert.ok(result.referenceWeights.every(weight => weight === 1))
})

test('nothing, too little and a caller who has enough are refused; unlike designs throw', () => {
  const some = normals('e', 20, 1)
  assert.equal(codeOf(domainClassifier(some, normals('f', 0, 1), rng(6))), 'empty')
  assert.equal(codeOf(domainClassifier(some, normals('f', 3, 1), rng(6))), 'too_few')
  assert.equal(codeOf(domainClassifier(some, some, rng(6), { folds: 1 })), 'out_of_range')
  assert.equal(codeOf(domainClassifier(some, some, rng(6), { permutations: 3, tick: () => false })), 'stopped')
  assert.throws(() => domainClassifier(some, normals('g', 20, 2), rng(6)), RangeError)
  assert.throws(() => domainClassifier(some, some, rng(6), { subjects: Int32Array.of(1) }), RangeError)
})
