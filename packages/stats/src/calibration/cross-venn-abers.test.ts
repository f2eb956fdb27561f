import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { type CalibrationFold, fitCrossVennAbers, predictCrossVennAbers } from './cross-venn-abers.ts'
import { fitVennAbers, predictVennAbers } from './venn-abers.ts'

const draw = rng('cross-venn-abers')
const folds: readonly CalibrationFold[] = Array.from({ length: 5 }, () => {
  const scores = Float64Array.from({ length: 80 }, () => draw.int(20))
  return { scores, y: Uint8Array.from(scores, s => (draw.uniform() < s / 20 ? 1 : 0)) }
})
const asked = Float64Array.of(-1, 0, 7.5, 12, 40)

test('the point is the ratio of geometric means over the folds, the bounds are the widest of the folds', () => {
  const got = predictCrossVennAbers(
    answered(fitCrossVennAbers(folds)),
    folds.map(() => asked),
  )
  const each = folds.map(({ scores, y }) => predictVennAbers(answered(fitVennAbers(scores, y)), asked))
  for (let i = 0; i < asked.length; i++) {
    const mean = (values: number[]) => values.reduce((product, value) => product * value, 1) ** (1 / values.length)
    const [no, yes] = [mean(each.map(({ p0 }) => 1 - p0[i]!)), mean(each.map(({ p1 }) => p1[i]!))]
    assertClose(got.p[i]!, yes / (no + yes), 1e-12)
    assert.equal(got.lower[i], Math.min(...each.map(({ p0 }) => p0[i]!)))
    assert.equal(got.upper[i], Math.max(...each.map(({ p1 }) => p1[i]!)))
  }
})

test('folds that say the same merge to what each of them says', () => {
  const same = [folds[0]!, folds[0]!, folds[0]!]
  const got = predictCrossVennAbers(
    answered(fitCrossVennAbers(same)),
    same.map(() => asked),
  )
  const one = predictVennAbers(answered(fitVennAbers(same[0]!.scores, same[0]!.y)), asked)
  got.p.forEach((p, i) => {
    assertClose(p, one.p[i]!, 1e-12)
  })
})

test('one fold, an empty fold and scores of the wrong shape are refused or thrown', () => {
  assert.equal(codeOf(fitCrossVennAbers(folds.slice(0, 1))), 'too_few')
  assert.equal(codeOf(fitCrossVennAbers([folds[0]!, { scores: new Float64Array(0), y: new Uint8Array(0) }])), 'empty')
  const cross = answered(fitCrossVennAbers(folds))
  assert.throws(() => predictCrossVennAbers(cross, [asked]), RangeError)
  assert.throws(() => predictCrossVennAbers(cross, [asked, asked, asked, asked, new Float64Array(2)]), RangeError)
})
