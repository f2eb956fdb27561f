// Published and measured tables that our metrics, models and streams reproduce. Data that may not be shipped is read from
// the folder SURETY_DATA; without it those tests are reported as skipped.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import {
  averagePrecision,
  cardPrecision,
  denseDesign,
  encodeRows,
  type FeatureSpec,
  fitEncoders,
  fitLogistic,
  gainCurve,
  logLoss,
  pick,
  rng,
  rocAuc,
  scoreDesign,
  sigmoid,
} from '../../packages/stats/src/index.ts'
import { answered } from '../../packages/stats/src/testing/oracles.ts'
import { exactLearner, gradientLearner, progressive } from '../../packages/stats/src/testing/progressive.ts'

type Row = Readonly<Record<string, string>>

function table(path: string, separator = ','): readonly Row[] {
  const [head, ...lines] = gunzipSync(readFileSync(path)).toString('utf8').trim().replaceAll('"', '').split(/\r?\n/)
  const names = head!.split(separator)
  return lines.map(line => {
    const cells = line.split(separator)
    return Object.fromEntries(names.map((name, j) => [name, cells[j]!]))
  })
}

function shared(name: string): { readonly path: string; readonly skip: string | false } {
  const folder = process.env['SURETY_DATA'] ?? ''
  const path = join(folder, name)
  return { path, skip: folder !== '' && existsSync(path) ? false : `SURETY_DATA has no ${name}` }
}

const column = (rows: readonly Row[], name: string) => Float64Array.from(rows, row => Number(row[name]))

/** Logistic regression fitted on one set of rows, probabilities of another. */
function logistic(specs: readonly FeatureSpec[], train: readonly Row[], yTrain: Uint8Array, test: readonly Row[]) {
  const values = (rows: readonly Row[]) =>
    rows.map(row => specs.map(({ name, kind }) => (kind === 'numeric' ? Number(row[name]) : row[name]!)))
  const { encoders } = fitEncoders(specs, values(train))
  const fit = answered(fitLogistic(encodeRows(encoders, values(train)), yTrain, { c: 1 }))
  return scoreDesign(encodeRows(encoders, values(test)), fit.coefficients, fit.intercept).map(sigmoid)
}

const elec2 = shared('drift/elec2.csv.gz')
test('Elec2: no-change .8533, majority .5755, gradient steps .8165 and .8724, exact learner .8684', {
  skip: elec2.skip,
}, () => {
  const rows = table(elec2.path)
  const y = Uint8Array.from(rows, row => (row['class'] === 'UP' ? 1 : 0))
  const names = ['period', 'nswprice', 'nswdemand', 'vicprice', 'vicdemand', 'transfer']
  const stream = { rows: rows.map(row => Float64Array.from(names, name => Number(row[name]))), y }
  const unchanged = y.filter((label, i) => i > 0 && label === y[i - 1]).length / (y.length - 1)
  near(unchanged, 0.8533, 5e-5)
  near(y.filter(label => label === 0).length / y.length, 0.5755, 5e-5)
  near(progressive(stream, gradientLearner(6, 0.01)).accuracy, 0.8165, 1e-4)
  near(progressive(stream, gradientLearner(6, 0.1)).accuracy, 0.8724, 1e-4)
  const exact = progressive(stream, exactLearner(6, 0.97))
  // Measured elsewhere: .8683 and .3254. A second program (covariance kept symmetric, step by bisection) agrees with this
  // one on .86845 and .3247, so the distance is that of the other solver.
  near(exact.accuracy, 0.86845, 1e-5)
  near(answered(logLoss(exact.p, y)).value, 0.3247, 1e-4)
  const ownLimits = progressive(stream, exactLearner(6, 0.97, 'column'))
  near(ownLimits.accuracy, 0.9223, 1e-4)
  near(answered(logLoss(ownLimits.p, y)).value, 0.2484, 1e-4)
  near(progressive(stream, exactLearner(6, 1)).accuracy, 0.7605, 1e-4)
})

const handbook = shared('fraud/fraud-handbook-2018-07-25_2018-08-14.csv.gz')
test('Fraud Detection Handbook: logistic regression .8705 / .6057 / .2914', { skip: handbook.skip }, t => {
  const rows = table(handbook.path)
  const firstDay = Number(rows[0]!['TX_TIME_DAYS'])
  const dayOf = (row: Row) => Number(row['TX_TIME_DAYS']) - firstDay
  const isFraud = (row: Row) => row['TX_FRAUD'] === '1'
  const train = rows.filter(row => dayOf(row) < 7)
  assert.deepEqual([train.length, train.filter(isFraud).length], [67_240, 598])
  // A card known as compromised a week before is out of the test.
  const known = new Set(train.filter(isFraud).map(row => row['CUSTOMER_ID']))
  const tested: Row[] = []
  for (let k = 0; k < 7; k++) {
    for (const row of rows) if (dayOf(row) === 6 + k && isFraud(row)) known.add(row['CUSTOMER_ID'])
    tested.push(...rows.filter(row => dayOf(row) === 14 + k && !known.has(row['CUSTOMER_ID'])))
  }
  assert.deepEqual([tested.length, tested.filter(isFraud).length], [58_264, 385])
  const names = Object.keys(rows[0]!).filter(name => /^TX_(AMOUNT|DURING)|WINDOW$/.test(name))
  assert.equal(names.length, 15)
  // Scaled without the cut at five deviations, as the Handbook does.
  const scale = names.map(name => {
    const values = column(train, name)
    const mean = values.reduce((a, b) => a + b) / values.length
    return { name, mean, std: Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length) }
  })
  const design = (from: readonly Row[]) => {
    const values = from.flatMap(row => scale.map(({ name, mean, std }) => (Number(row[name]) - mean) / std))
    return denseDesign(Float64Array.from(values), from.length, names.length)
  }
  const labels = (from: readonly Row[]) => Uint8Array.from(from, row => (isFraud(row) ? 1 : 0))
  const fit = answered(fitLogistic(design(train), labels(train), { c: 1 }))
  const scores = scoreDesign(design(tested), fit.coefficients, fit.intercept)
  const y = labels(tested)
  const auc = answered(rocAuc(scores, y)).value
  const ap = answered(averagePrecision(scores, y)).value
  const who = Uint32Array.from(tested, row => Number(row['CUSTOMER_ID']))
  const card = answered(cardPrecision(scores, y, who, Int32Array.from(tested, dayOf), 100)).value
  t.diagnostic(`AUC ${auc.toFixed(4)}, average precision ${ap.toFixed(4)}, card precision at 100 ${card.toFixed(4)}`)
  near(auc, 0.8705, 0.001)
  near(ap, 0.6057, 0.002)
  near(card, 0.2914, 0.003)
})

test('bank leads: a random split says AUC .79 to .80, the order of time .657', t => {
  const path = new URL('../../data/leads/bank-additional-full.csv.gz', import.meta.url).pathname
  const rows = table(path, ';')
  const y = Uint8Array.from(rows, row => (row['y'] === 'yes' ? 1 : 0))
  const specs: FeatureSpec[] = Object.keys(rows[0]!)
    .filter(name => name !== 'y' && name !== 'duration')
    .map(name => ({ name, kind: Number.isNaN(Number(rows[0]![name])) ? 'categorical' : 'numeric' }))
  const split = (order: Uint32Array) => {
    const [half, last] = [order.slice(0, order.length >> 1), order.slice(Math.floor(order.length * 0.75))]
    const at = (part: Uint32Array) => Array.from(part, i => rows[i]!)
    const p = logistic(specs, at(half), pick(y, half), at(last))
    return { p, y: pick(y, last), auc: answered(rocAuc(p, pick(y, last))).value }
  }
  const inOrder = Uint32Array.from(rows, (_, i) => i)
  const draw = rng('bank split')
  const shuffled = inOrder.slice()
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = draw.int(i + 1)
    ;[shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!]
  }
  const [random, dated] = [split(shuffled), split(inOrder)]
  const gain = answered(gainCurve(random.p, random.y, 2)).gain[0]!
  t.diagnostic(
    `random ${random.auc.toFixed(4)}, in order ${dated.auc.toFixed(4)}, top half holds ${gain.toFixed(3)} of buyers`,
  )
  near(random.auc, 0.795, 0.015) // .79 to .80, and .01 for another draw of the split
  near(dated.auc, 0.657, 0.01)
})

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `got ${actual}, expected ${expected} within ${tolerance}`)
}
