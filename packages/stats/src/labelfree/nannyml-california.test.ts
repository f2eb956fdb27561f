import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ksDistance } from '../drift/ks.ts'
import { rocAuc } from '../metrics/roc-auc.ts'
import { californiaHousing, rowsBy, take } from '../testing/drift-data.ts'
import { answered } from '../testing/oracles.ts'
import { cbpe, fitLabelFree } from './cbpe.ts'

const data = californiaHousing()
const parts = rowsBy(data.text('part'))
const months = rowsBy(data.text('month'))
const [scores, y, decisions] = [data.numbers('score'), data.labels('y'), data.labels('decision')]
const before = parts.get('reference')!
const reference = answered(fitLabelFree(take(scores, before), take(y, before), take(decisions, before)))
const estimate = (month: string) => {
  const rows = months.get(month)!
  const performance = answered(cbpe(reference, take(scores, rows), take(decisions, rows)))
  return { performance, auc: answered(performance.auc), truth: answered(rocAuc(take(scores, rows), take(y, rows))) }
}

test('California housing: the estimated AUC of the last two full months is the published one to 1e-6', () => {
  for (const [month, published] of [
    ['2022-03', 0.829077],
    ['2022-04', 0.910661],
  ] as const)
    assert.ok(Math.abs(estimate(month).auc.value - published) <= 1e-6, `${month}: ${estimate(month).auc.value}`)
})

test('California housing: the mean KS distance over all 20 months is the published one to 1e-6', () => {
  for (const [feature, published] of [
    ['longitude', 0.712709],
    ['latitude', 0.672904],
  ] as const) {
    const values = data.numbers(feature)
    const known = take(values, before)
    const distances = [...months.values()].map(rows => ksDistance(known, take(values, rows)))
    assert.equal(distances.length, 20)
    const mean = distances.reduce((sum, d) => sum + d, 0) / distances.length
    assert.ok(Math.abs(mean - published) <= 1e-6, `${feature}: ${mean}`)
  }
})

test('California housing: where the concept moved the estimate is far off, and says that it cannot see such a thing', () => {
  for (const [month, said, true_] of [
    ['2021-11', 0.87, 0.732],
    ['2022-03', 0.829, 0.705],
  ] as const) {
    const { performance, auc, truth } = estimate(month)
    assert.ok(Math.abs(auc.value - said) < 1e-3 && Math.abs(truth.value - true_) < 1e-3)
    assert.ok(auc.value - truth.value > 8 * auc.standardError!, 'far outside of what sampling explains')
    assert.equal(performance.blindTo, 'concept_change')
    assert.match(performance.assumption, /^if .* still holds$/)
  }
})
