import assert from 'node:assert/strict'
import { test } from 'node:test'
import { confusionFigures } from '../metrics/confusion.ts'
import { rocAuc } from '../metrics/roc-auc.ts'
import { driftFile, readColumns, rowsBy, take } from '../testing/drift-data.ts'
import { answered } from '../testing/oracles.ts'
import { cbpe, fitLabelFree } from './cbpe.ts'

const [reference, monitoring] = [
  driftFile('hotel-booking-reference.csv.gz'),
  driftFile('hotel-booking-monitoring.csv.gz'),
]

test('hotel bookings: mean error of the monthly estimates is at most .0243 AUC, .0056 accuracy, .0311 F1, plus 5 %', {
  skip: reference.skip,
}, context => {
  const before = readColumns(reference.path)
  const after = readColumns(monitoring.path)
  const of = (data: typeof before) =>
    [data.numbers('y_pred_proba'), data.labels('is_canceled'), data.labels('y_pred')] as const
  const fitted = answered(fitLabelFree(...of(before)))
  const [scores, y, decisions] = of(after)
  const months = [...rowsBy(after.text('timestamp').map(day => day.slice(0, 7))).values()]
  const errors = { auc: 0, accuracy: 0, f1: 0 }
  for (const rows of months) {
    const [s, truth, said] = [take(scores, rows), take(y, rows), take(decisions, rows)]
    const estimated = answered(cbpe(fitted, s, said))
    const count = (saidIs: number, is: number) => rows.filter((_, i) => said[i] === saidIs && truth[i] === is).length
    const real = answered(
      confusionFigures(
        {
          truePositives: count(1, 1),
          falsePositives: count(1, 0),
          falseNegatives: count(0, 1),
          trueNegatives: count(0, 0),
        },
        0.5,
      ),
    )
    const off = (a: number, b: number) => Math.abs(a - b) / months.length
    errors.auc += off(answered(estimated.auc).value, answered(rocAuc(s, truth)).value)
    errors.accuracy += off(answered(estimated.accuracy).value, answered(real.accuracy).value)
    errors.f1 += off(answered(estimated.f1).value, answered(real.f1).value)
  }
  context.diagnostic(JSON.stringify(errors))
  assert.equal(months.length, 11)
  const bars = { auc: 0.0243, accuracy: 0.0056, f1: 0.0311 }
  for (const name of ['auc', 'accuracy', 'f1'] as const)
    assert.ok(errors[name] <= bars[name] * 1.05, `${name}: ${errors[name]}`)
})
