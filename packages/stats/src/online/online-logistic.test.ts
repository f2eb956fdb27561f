import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { logLoss } from '../metrics/log-loss.ts'
import { rocAuc } from '../metrics/roc-auc.ts'
import { sigmoid } from '../model/sigmoid.ts'
import { rng } from '../rng.ts'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { exactLearner, gradientLearner, progressive, type Stream } from '../testing/progressive.ts'
import { learnOnline, onlineCovariance, onlineProbability, startOnlineLogistic } from './online-logistic.ts'

function phishing(): Stream {
  const file = new URL('../../fixtures/river-phishing.csv.gz', import.meta.url)
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split(/\r?\n/).slice(1)
  const cells = lines.map(line => line.split(',').map(Number))
  return { rows: cells.map(row => Float64Array.from(row.slice(0, -1))), y: Uint8Array.from(cells, row => row.at(-1)!) }
}

test("river's phishing stream: 1115 of 1250 right at rate .01, 1112 at rate .1, exact AUC .95327", () => {
  const slow = progressive(phishing(), gradientLearner(9, 0.01))
  assert.equal(slow.right, 1115) // .8920
  const fast = progressive(phishing(), gradientLearner(9, 0.1, 0.01))
  assert.equal(fast.right, 1112) // .8896
  const aucs = [slow, fast].map(({ p }) => answered(rocAuc(p, phishing().y)).value)
  assert.ok(
    aucs.some(auc => Math.abs(auc - 0.95327) < 5e-6),
    `${aucs}`,
  )
})

test('the exact learner on the same stream: accuracy .8928, log loss .2667', () => {
  const { accuracy, p } = progressive(phishing(), exactLearner(9, 1))
  assert.ok(Math.abs(accuracy - 0.8928) < 1e-9, `${accuracy}`)
  assert.ok(Math.abs(answered(logLoss(p, phishing().y)).value - 0.2667) < 5e-5)
})

test('one row: the weights are the maximum of likelihood times Gaussian', () => {
  const draw = rng('online')
  let model = startOnlineLogistic(3)
  for (let i = 0; i < 30; i++) {
    const row = [draw.uniform() - 0.5, 3 * draw.uniform(), draw.uniform()]
    const label = draw.int(2)
    const next = answered(learnOnline(model, row, label)).model
    // Stationary: Σ⁻¹(w - w0) = x(y - p), so w - w0 = Σ·x·(y - p).
    const x = [...row, 1]
    const away = label - onlineProbability(next, row)
    const covariance = onlineCovariance(model)
    next.weights.forEach((weight, j) => {
      const pull = x.reduce((sum, value, k) => sum + covariance[j * 4 + k]! * value, 0) * away
      assert.ok(Math.abs(weight - model.weights[j]! - pull) < 1e-13)
    })
    model = next
  }
})

test('a wrong certainty under a wide Gaussian is solved too, where plain Newton steps swing without end', () => {
  for (const spread of [1, 1e3, 5e5, 1e9]) {
    for (const label of [0, 1]) {
      let model = startOnlineLogistic(0, spread)
      for (const turn of [label, label, 1 - label, label]) {
        const next = answered(learnOnline(model, [], turn)).model
        const pull = onlineCovariance(model)[0]! * (turn - onlineProbability(next, []))
        const moved = next.weights[0]! - model.weights[0]!
        // 1 - p is right to 1e-16 at best, and the spread multiplies it.
        const tolerance = 1e-9 * Math.max(1, Math.abs(moved)) + 2e-16 * spread
        assert.ok(Math.abs(moved - pull) <= tolerance, `${spread} ${label}: ${moved} ${pull}`)
        model = next
      }
    }
  }
})

test('the covariance is the inverse of the information: one column, by hand', () => {
  const model = startOnlineLogistic(0, 4)
  const next = answered(learnOnline(model, [], 1)).model
  const p = sigmoid(next.weights[0]!)
  assertClose(onlineCovariance(next)[0]!, 1 / (1 / 4 + p * (1 - p)), 1e-14)
  assertClose(next.weights[0]!, 4 * (1 - p), 1e-13)
})

test('an update leaves the model it started from as it was', () => {
  const model = startOnlineLogistic(2)
  const before = JSON.stringify([[...model.weights], [...model.root]])
  learnOnline(model, [1, 2], 1, { forgetting: 0.9 })
  assert.equal(JSON.stringify([[...model.weights], [...model.root]]), before)
})

test('many rows: the covariance is the inverse of all information gathered, as a fit of all rows at once sees it', () => {
  const draw = rng('information')
  let model = startOnlineLogistic(1, 9)
  const information = [1 / 9, 0, 1 / 9] // xx, x1, 11
  for (let i = 0; i < 200; i++) {
    const x = 4 * draw.uniform() - 2
    model = answered(learnOnline(model, [x], draw.int(2))).model
    const p = onlineProbability(model, [x])
    const h = p * (1 - p)
    information[0]! += h * x * x
    information[1]! += h * x
    information[2]! += h
  }
  const [xx, x1, one] = information as [number, number, number]
  const determinant = xx * one - x1 * x1
  const covariance = onlineCovariance(model)
  ;[one / determinant, -x1 / determinant, -x1 / determinant, xx / determinant].forEach((value, k) => {
    assertClose(covariance[k]!, value, 1e-10)
  })
})

test('forgetting without end keeps the spread bounded, huge rows stay finite', () => {
  for (const limit of ['trace', 'column'] as const) {
    let model = startOnlineLogistic(2)
    for (let i = 0; i < 3000; i++) model = answered(learnOnline(model, [0, 0], i % 2, { forgetting: 0.9, limit })).model
    assert.ok(allFinite(model))
    const covariance = onlineCovariance(model)
    const trace = covariance[0]! + covariance[4]! + covariance[8]!
    assert.ok(trace <= 3000 * (1 + 1e-12))
    // The intercept, which sees every row, keeps forgetting only where each column has its own limit.
    assert.ok(limit === 'trace' ? covariance[8]! < 0.05 : covariance[8]! > 0.05, `${covariance[8]}`)
  }
  assert.ok(allFinite(answered(learnOnline(startOnlineLogistic(2), [1e100, -1e100], 0)).model))
  assert.equal(codeOf(learnOnline(startOnlineLogistic(1), [1e200], 0)), 'not_finite')
})

test('odd labels, odd forgetting, rows that are not finite are refused; other lengths are a bug', () => {
  const model = startOnlineLogistic(1)
  assert.equal(codeOf(learnOnline(model, [1], 2)), 'out_of_range')
  assert.equal(codeOf(learnOnline(model, [1], 1, { forgetting: 0 })), 'out_of_range')
  assert.equal(codeOf(learnOnline(model, [1], 1, { forgetting: NaN })), 'out_of_range')
  for (const bad of [NaN, Infinity, -Infinity]) assert.equal(codeOf(learnOnline(model, [bad], 1)), 'not_finite')
  assert.throws(() => learnOnline(model, [1, 2], 1), RangeError)
  assert.throws(() => onlineProbability(model, []), RangeError)
  assert.throws(() => startOnlineLogistic(1, 0), RangeError)
})
