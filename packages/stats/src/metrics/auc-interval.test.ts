import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { allFinite, codeOf, notFinite } from '../testing/awkward.ts'
import { aneurysmPatients, answered, assertClose, oracles } from '../testing/oracles.ts'
import { aucInterval } from './auc-interval.ts'

const patients = aneurysmPatients()
const expected = oracles.delong_pROC_aSAH

test("the plain interval of the aSAH marker S100B equals R's pROC to 1e-9", () => {
  const { value, lower, upper, se } = answered(aucInterval(patients.s100b, patients.y, 0.95, 'plain'))
  assertClose(value, expected.auc.s100b, 1e-9)
  assertClose(lower, expected.ci_auc_s100b[0], 2e-9) // the fixture has nine decimals
  assertClose(upper, expected.ci_auc_s100b[1], 2e-9)
  assertClose(se ** 2, expected.var.s100b, 1e-9)
})

test('the logit interval is the plain one on the scale of the log-odds', () => {
  const { value, lower, upper, se, method } = answered(aucInterval(patients.wfns, patients.y))
  const logit = (p: number) => Math.log(p / (1 - p))
  assert.equal(method, 'delong_logit')
  assertClose(logit(upper) - logit(value), (1.959963984540054 * se) / (value * (1 - value)), 1e-10)
  assertClose(logit(value) - logit(lower), logit(upper) - logit(value), 1e-10)
})

test('perfect rankings answer the one-sided bound, never an interval without width', () => {
  const up = answered(aucInterval(Float64Array.of(1, 2, 3, 4, 5), Uint8Array.of(0, 0, 0, 1, 1)))
  assert.deepEqual([up.method, up.value, up.upper], ['one_sided_bound', 1, 1])
  assertClose(up.lower, 0.05 ** (1 / 2), 1e-12)
  const down = answered(aucInterval(Float64Array.of(5, 4, 3, 2, 1), Uint8Array.of(0, 0, 0, 1, 1)))
  assert.deepEqual([down.value, down.lower], [0, 0])
  assertClose(down.upper, 1 - up.lower, 1e-12)
})

test('a 90 % interval covers the true AUC about as often as it says, also near 1', () => {
  // Scores uniform; class 1 shifted so that the true AUC is 1 - (1-s)²/2.
  for (const shift of [0.3, 0.7]) {
    const truth = 1 - (1 - shift) ** 2 / 2
    const draw = rng(`coverage ${shift}`)
    let covered = 0
    for (let run = 0; run < 400; run++) {
      const y = Uint8Array.from({ length: 100 }, (_, i) => (i < 40 ? 1 : 0))
      const scores = Float64Array.from(y, label => draw.uniform() + shift * label)
      const { lower, upper } = answered(aucInterval(scores, y, 0.9))
      if (lower <= truth && truth <= upper) covered++
    }
    // binomial standard error 1.5 points; four of them either way
    assert.ok(covered >= 336 && covered <= 384, `shift ${shift}: ${covered} of 400`)
  }
})

test('all scores equal give one half with a finite interval', () => {
  const flat = answered(aucInterval(new Float64Array(6), Uint8Array.of(0, 1, 0, 1, 0, 1)))
  assert.equal(flat.value, 0.5)
  assert.ok(allFinite(flat))
})

test('too little, one class, bad scores and bad levels are refused', () => {
  assert.equal(codeOf(aucInterval(Float64Array.of(1, 2, 3), Uint8Array.of(0, 1, 0))), 'too_few')
  assert.equal(codeOf(aucInterval(Float64Array.of(1, 2), Uint8Array.of(0, 0))), 'one_class')
  for (const bad of notFinite) assert.equal(codeOf(aucInterval(bad, Uint8Array.of(0, 1, 1))), 'not_finite')
  for (const level of [0, 1, NaN]) {
    assert.equal(codeOf(aucInterval(patients.wfns, patients.y, level)), 'out_of_range')
  }
})
