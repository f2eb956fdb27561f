import assert from 'node:assert/strict'
import { test } from 'node:test'
import { covarianceAround } from '../covariance.ts'
import { placements } from '../metrics/placements.ts'
import { scoreGroups } from '../score-groups.ts'
import { aneurysmPatients, assertClose, oracles } from '../testing/oracles.ts'
import { aucVariancePerRow } from './auc-variance.ts'

test("the variance of a marker of the aSAH study is R's pROC's to 1e-9, and that of its placements", () => {
  const { wfns, s100b, y } = aneurysmPatients()
  const expected = oracles.delong_pROC_aSAH.var
  assertClose(aucVariancePerRow(scoreGroups(wfns, y)) / y.length, expected.wfns, 1e-9)
  assertClose(aucVariancePerRow(scoreGroups(s100b, y)) / y.length, expected.s100b, 1e-9)
  const { auc, positives, negatives } = placements(wfns, y)
  const own = (values: Float64Array) => covarianceAround(values, auc, values, auc) / values.length
  assertClose(aucVariancePerRow(scoreGroups(wfns, y)), y.length * (own(positives) + own(negatives)), 1e-12)
})

test('perfect ranking and single rows of a class have no variance, not NaN', () => {
  assert.equal(aucVariancePerRow(scoreGroups(Float64Array.of(1, 2, 3, 4), Uint8Array.of(0, 0, 1, 1))), 0)
  assert.equal(aucVariancePerRow(scoreGroups(Float64Array.of(1, 1), Uint8Array.of(0, 1))), 0)
})
