import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calibrate, calibratorMethods, fitCalibrator } from '../calibration/calibrator.ts'
import { chooseCalibrator } from '../calibration/choose-calibrator.ts'
import { fitCrossVennAbers, predictCrossVennAbers } from '../calibration/cross-venn-abers.ts'
import { fitVennAbers, predictVennAbers } from '../calibration/venn-abers.ts'
import { fitAbsoluteResidual, residualInterval } from '../conformal/absolute-residual.ts'
import { coverageReport } from '../conformal/coverage-report.ts'
import { estimateLabelShift } from '../conformal/label-shift.ts'
import { binKey, fitMondrian, mondrianBatch } from '../conformal/mondrian.ts'
import { fitWeightedScores, weightedThreshold } from '../conformal/weighted.ts'
import { rng } from '../rng.ts'
import { selectiveEstimate } from '../selective/selective-estimate.ts'
import { allFinite } from '../testing/awkward.ts'
import { awkwardRows } from '../testing/awkward-rows.ts'
import { miscalibrated } from '../testing/coverage-properties.ts'
import { degenerate } from '../testing/degenerate.ts'
import { answered } from '../testing/oracles.ts'
import { certifyBoth } from './certify-both.ts'
import { certifyLoss } from './certify-loss.ts'
import { certifyThreshold } from './certify-threshold.ts'
import { certifyMissBudget } from './miss-budget.ts'

type Answer = { readonly ok: boolean }
const budget = { epsilon: 0.1, delta: 0.05 }
const inputs = [...awkwardRows, ...degenerate.map(({ name, scores, y }) => ({ name, p: scores, y }))]
const asked = Float64Array.of(0, 0.3, 1)

/** Every function of scores and labels of this part; each answers or refuses, and what it answers is used. */
const functions: Record<string, (p: Float64Array, y: Uint8Array) => Answer | readonly (Answer | null)[]> = {
  'Venn-Abers': (p, y) => {
    const fit = fitVennAbers(p, y)
    return fit.ok ? { ...fit, batch: predictVennAbers(fit, asked) } : fit
  },
  'cross Venn-Abers': (p, y) => {
    const fit = fitCrossVennAbers([
      { scores: p, y },
      { scores: p, y },
    ])
    return fit.ok ? { ...fit, batch: predictCrossVennAbers(fit, [asked, asked]) } : fit
  },
  'every calibrator': (p, y) =>
    calibratorMethods.map(method => {
      const fit = fitCalibrator(method, p, y)
      return fit.ok ? { ...fit, p: calibrate(fit, asked) } : fit
    }),
  'the choice of a calibrator': (p, y) => chooseCalibrator(p, y),
  'residual intervals': (p, y) => {
    const fit = fitAbsoluteResidual(p, y, 0.9)
    return fit.ok ? { ...fit, at: residualInterval(fit, 0.3) } : fit
  },
  'Mondrian sets': (p, y) => {
    const fit = fitMondrian(p, y, { alpha: 0.1 })
    return fit.ok ? coverageReport(mondrianBatch(fit, p), y) : fit
  },
  'weighted scores': (p, y) => {
    const fit = fitWeightedScores(p, Float64Array.from(y))
    return fit.ok ? { ...fit, at: weightedThreshold(fit, 0, 0.1) } : fit
  },
  'label shift': p => estimateLabelShift(p, 0.4),
  'certified thresholds': (p, y) => (['yes', 'no'] as const).map(side => certifyThreshold(p, y, { ...budget, side })),
  'the miss budget': (p, y) => certifyMissBudget(p, y, 0.1, 0.05),
  'both actions': (p, y) =>
    Object.values(certifyBoth(p, y, { yes: budget, no: budget, miss: { beta: 0.1, delta: 0.05 } })),
  'certified losses': (p, y) =>
    certifyLoss(
      p,
      p.map((_, i) => y[i]! / 4),
      budget,
    ),
  'selective estimates': (p, y) => selectiveEstimate({ value: p, seen: y, propensity: p.map(() => 0.5) }),
}

for (const [name, run] of Object.entries(functions)) {
  test(`6.12: ${name} answer in numbers or refuse with a number, whatever the input, and leave it as it was`, () => {
    for (const rows of inputs) {
      const before = [rows.p.slice(), rows.y.slice()]
      const result = run(rows.p, rows.y)
      for (const answer of [result].flat()) {
        if (answer === null) continue
        assert.equal(typeof (answer as Answer).ok, 'boolean')
        assert.ok(allFinite(answer), `${name} on ${rows.name}: ${JSON.stringify(answer)}`)
      }
      assert.deepEqual([rows.p, rows.y], before, `${name} changed ${rows.name}`)
    }
  })
}

test('6.12: calibrating and judging leave the fitted objects byte-identical', () => {
  const { p, y } = miscalibrated(rng('byte-identical'), 400)
  const fits = calibratorMethods.map(method => answered(fitCalibrator(method, p, y)))
  const sets = answered(fitMondrian(p, y, { alpha: 0.1 }))
  const before = JSON.stringify([fits, sets])
  for (const fit of fits) calibrate(fit, p)
  mondrianBatch(sets, p)
  assert.equal(JSON.stringify([fits, sets]), before)
})

test('6.11: rows in another order and a rising map of the scores change neither Venn-Abers nor certified cuts', () => {
  const { p, y } = miscalibrated(rng('metamorphic'), 700)
  const order = Uint32Array.from(p.keys()).sort((a, b) => ((a * 7919) % 701) - ((b * 7919) % 701))
  const mapped = Float64Array.from(order, i => Math.log(p[i]! + 1e-9) * 3)
  const labels = Uint8Array.from(order, i => y[i]!)
  const [plain, moved] = [answered(fitVennAbers(p, y)), answered(fitVennAbers(mapped, labels))]
  assert.deepEqual([moved.p0, moved.p1], [plain.p0, plain.p1])
  const guide = Float64Array.from(order, i => p[i]!)
  const [cut, movedCut] = [
    answered(certifyThreshold(p, y, { ...budget, epsilon: 0.3, side: 'yes' })),
    answered(certifyThreshold(mapped, labels, { ...budget, epsilon: 0.3, side: 'yes', p: guide })),
  ]
  assert.deepEqual([movedCut.accepted, movedCut.wrong], [cut.accepted, cut.wrong])
})

test('6.11: swapping the classes mirrors label sets', () => {
  const { p, y } = miscalibrated(rng('swapped classes'), 700)
  // Rounded to multiples of 2^-20, so that 1 - p is exact.
  const exact = p.map(value => Math.round(value * 2 ** 20) / 2 ** 20)
  const sets = answered(fitMondrian(exact, y, { alpha: [0.1, 0.2] }))
  const swapped = answered(
    fitMondrian(
      exact.map(value => 1 - value),
      y.map(label => 1 - label),
      { alpha: [0.2, 0.1] },
    ),
  )
  const { threshold } = sets.cells[binKey([])]!
  assert.deepEqual(swapped.cells[binKey([])]!.threshold, threshold.toReversed())
})
