import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brier } from '../metrics/brier.ts'
import { logLoss } from '../metrics/log-loss.ts'
import { gzippedFixture } from '../testing/gzipped-fixture.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { fitIsotonic, predictIsotonic } from './isotonic.ts'
import { fitVennAbers, predictVennAbers } from './venn-abers.ts'

interface AdultModel {
  readonly cal_scores: readonly number[]
  readonly cal_labels: readonly number[]
  readonly test_scores: readonly number[]
  readonly test_labels: readonly number[]
  readonly p0: readonly number[]
  readonly p1: readonly number[]
  readonly metrics: {
    readonly ivap: { readonly log_loss: number; readonly brier: number }
    readonly isotonic: { readonly log_loss: number }
  }
}

type AdultName = 'logistic_regression' | 'gaussian_nb' | 'hist_gradient_boosting'
const { models }: { readonly models: Record<AdultName, AdultModel> } = gzippedFixture('ivap-reference-adult.json.gz')

const names: readonly AdultName[] = ['logistic_regression', 'gaussian_nb', 'hist_gradient_boosting']

for (const name of names) {
  const model = models[name]
  const { ivap, isotonic } = model.metrics
  const calibration = [Float64Array.from(model.cal_scores), Uint8Array.from(model.cal_labels)] as const
  const scores = Float64Array.from(model.test_scores)
  const labels = Uint8Array.from(model.test_labels)

  test(`Adult, ${name}: p0 and p1 of 2,000 test rows equal the reference to its 10 decimals`, () => {
    const got = predictVennAbers(answered(fitVennAbers(...calibration)), scores)
    for (let i = 0; i < scores.length; i++) {
      assert.ok(Math.abs(got.p0[i]! - model.p0[i]!) <= 1e-10, `p0 of row ${i}: ${got.p0[i]} for ${model.p0[i]}`)
      assert.ok(Math.abs(got.p1[i]! - model.p1[i]!) <= 1e-10, `p1 of row ${i}: ${got.p1[i]} for ${model.p1[i]}`)
    }
  })

  test(`Adult, ${name}: log loss ${ivap.log_loss} and Brier score ${ivap.brier} as published, to 1e-8`, () => {
    const { p } = predictVennAbers(answered(fitVennAbers(...calibration)), scores)
    assertClose(answered(logLoss(p, labels)).value, ivap.log_loss, 1e-8)
    assertClose(answered(brier(p, labels)).value, ivap.brier, 1e-8)
  })

  test(`Adult, ${name}: raw isotonic has log loss ${isotonic.log_loss}, and cutting it never makes that worse`, () => {
    const loss = (raw: boolean) =>
      answered(logLoss(predictIsotonic(answered(fitIsotonic(...calibration, { raw })), scores), labels)).value
    assertClose(loss(true), isotonic.log_loss, 1e-8)
    assert.ok(loss(false) <= loss(true))
    // Printed as .2848 from another run of the same data.
    if (name === 'hist_gradient_boosting') assertClose(loss(false), 0.2848, 2e-4)
  })
}
