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
import { learnOnline, onlineProbability, startOnlineLogistic } from './online-logistic.ts'

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
    next.weights.forEach((weight, j) => {
      const pull = x.reduce((sum, value, k) => sum + model.covariance[j * 4 + k]! * value, 0) * away
      assert.ok(Math.abs(weight - model.weights[j]! - pull) < 1e-13)
    })
    model = next
  }
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) assert.equal(model.covariance[i * 4 + j], model.covariance[j * 4 + i])
  }
})

test('the covariance is the inverse of the information: one column, by hand', () => {
  const model = startOnlineLogistic(0, 4)
  const next = answered(learnOnline(model, [], 1)).model
  const p = sigmoid(next.weights[0]!)
  assertClose(next.covariance[0]!, 1 / (1 / 4 + p * (1 - p)), 1e-14)
  assertClose(next.weights[0]!, 4 * (1 - p), 1e-13)
})

test('an update leaves the model it started from as it was', () => {
  const model = startOnlineLogistic(2)
  const before = JSON.stringify([[...model.weights], [...model.covariance]])
  learnOnline(model, [1, 2], 1, { forgetting: 0.9 })
  assert.equal(JSON.stringify([[...model.weights], [...model.covariance]]), before)
})

test('forgetting without end keeps the spread bounded, huge rows stay finite', () => {
  let model = startOnlineLogistic(2)
  for (let i = 0; i < 3000; i++) model = answered(learnOnline(model, [0, 0], i % 2, { forgetting: 0.9 })).model
  assert.ok(allFinite(model))
  assert.ok(model.covariance[0]! + model.covariance[4]! + model.covariance[8]! <= 3000 * (1 + 1e-12))
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
