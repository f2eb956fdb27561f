import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isNarrow } from '@surety/contract'
import {
  fitAbsoluteResidual,
  fitMondrian,
  fitVennAbers,
  mondrianSet,
  predictVennAbers,
  residualInterval,
  residualLevels,
  rng,
} from '@surety/stats'
import { boundsOf } from '../../pipeline/interval/interval.ts'
import { buildCalibrator, buildCalibratorInTurns, type ScoredRow } from './build-calibrator.ts'
import { toCalibration } from './calibrator-body.ts'

/** Worlds with many ties, few ties, one class and rare positives. */
function world(k: number): readonly ScoredRow[] {
  const random = rng(`calibrator-${k}`)
  const n = 30 + random.int(400)
  const levels = [4, 25, 1000, 1e9][k % 4]!
  const power = 1 + (k % 3) * 3
  const share = [null, 0, 1, null][Math.floor(k / 4) % 4]
  return Array.from({ length: n }, () => {
    const probability = Math.floor(random.uniform() ** power * (levels + 1)) / levels
    const p = Math.min(1, probability)
    return { probability: p, label: random.uniform() < (share ?? p) ? 1 : 0, source: k % 2 === 0 ? 'live' : 'held_out' }
  })
}

function built(rows: readonly ScoredRow[]) {
  const found = buildCalibrator(rows)
  assert.ok(found.ok)
  // As it comes out of the database.
  const body = JSON.parse(JSON.stringify(found.body)) as typeof found.body
  return { ...found, calibration: toCalibration({ version: 7, n: found.n, builtAt: new Date(0), body }) }
}

test('bounds from the stored steps equal those of all the rows to the bit, on scores, between and beyond them', () => {
  for (let k = 0; k < 120; k++) {
    const rows = world(k)
    const p = Float64Array.from(rows, row => row.probability)
    const y = Uint8Array.from(rows, row => row.label)
    const fit = fitVennAbers(p, y)
    assert.ok(fit.ok)
    const asked = [...p, ...p.map(value => value + 1e-9), ...p.map(value => value - 1e-9), 0, 1, 0.5, 1e-300].filter(
      value => value >= 0 && value <= 1,
    )
    const expected = predictVennAbers(fit, Float64Array.from(asked))
    const { calibration } = built(rows)
    asked.forEach((value, i) => {
      const { lower, upper, calibrated } = boundsOf(calibration, value)
      assert.deepEqual(
        [lower, upper, calibrated],
        [expected.p0[i], expected.p1[i], expected.p[i]],
        `world ${k}, ${value}`,
      )
    })
  }
})

test('label sets and radii are those of the statistics', () => {
  for (let k = 0; k < 40; k++) {
    const rows = world(k)
    const p = Float64Array.from(rows, row => row.probability)
    const y = Uint8Array.from(rows, row => row.label)
    const sets = fitMondrian(p, y, { alpha: 0.1 })
    assert.ok(sets.ok)
    const { calibration } = built(rows)
    for (const value of [...p.slice(0, 50), 0, 1, 0.33])
      assert.equal(boundsOf(calibration, value).labelSet, mondrianSet(sets, value))
    residualLevels.forEach((level, i) => {
      const fit = fitAbsoluteResidual(p, y, level)
      assert.equal(calibration.radii[i], fit.ok ? fit.radius : null)
    })
  }
})

test('only scores at which an answer changes are stored', () => {
  const random = rng('size')
  const rows = Array.from({ length: 20_000 }, (): ScoredRow => {
    const probability = random.uniform()
    return { probability, label: random.uniform() < probability ? 1 : 0, source: 'live' }
  })
  const { calibration } = built(rows)
  assert.ok(calibration.scores.length < 2000, `${calibration.scores.length} of 20,000 scores`)
  assert.equal(calibration.size, 20_000)
})

test('fewer than 30 rows are refused with the shortfall; one class alone is answered with wide bounds', () => {
  const rows = world(0)
  assert.deepEqual(buildCalibrator(rows.slice(0, 29)), { ok: false, code: 'too_few', have: 29, need: 30 })
  const { positives, body } = built(rows.slice(0, 30).map(row => ({ ...row, label: 0 as const })))
  assert.equal(positives, 0)
  assert.equal(body.limits[1], null)
  assert.ok(body.p1.every(value => value > 0))
})

test('the calibration score is near 1 where probabilities say what happens, and each row is answered by the others', () => {
  const random = rng('score')
  const honest = Array.from({ length: 5000 }, (): ScoredRow => {
    const probability = random.uniform()
    return { probability, label: random.uniform() < probability ? 1 : 0, source: 'live' }
  })
  assert.ok(built(honest).body.score! > 0.97)
  // Every score once: a curve that has seen the row itself would answer each of them better than it can know.
  const noise = honest.map((row, k) => ({ ...row, probability: k / 5000, label: (k % 2) as 0 | 1 }))
  assert.ok(built(noise).body.score! > 0.9)
})

test('taking turns gives the same bytes as all at once', async () => {
  const rows = world(5)
  assert.deepEqual(await buildCalibratorInTurns(rows), buildCalibrator(rows))
})

test('fact 40: Venn-Abers of six rows at .45', () => {
  const steps = [
    [0.1, 0],
    [0.2, 0],
    [0.3, 1],
    [0.4, 0],
    [0.5, 1],
    [0.6, 1],
  ] as const
  const fit = fitVennAbers(
    Float64Array.from(steps, ([score]) => score),
    Uint8Array.from(steps, ([, label]) => label),
  )
  assert.ok(fit.ok)
  const { p0, p1, p } = predictVennAbers(fit, Float64Array.of(0.45))
  const rounded = [p0[0]!, p1[0]!, p[0]!, p1[0]! - p0[0]!].map(value => Number(value.toFixed(6)))
  assert.deepEqual(rounded, [0.333333, 1, 0.6, 0.666667])
})

test('fact 43: ten residuals at 90 % give q .30, [.2, .8] round .5, width .6, calibration score .7', () => {
  const residuals = [0.1, 0.2, 0.15, 0.25, 0.3, 0.12, 0.18, 0.22, 0.28, 0.16]
  const fit = fitAbsoluteResidual(Float64Array.from(residuals), new Uint8Array(10), 0.9)
  assert.ok(fit.ok)
  const { lower, upper, width } = residualInterval(fit, 0.5)
  assert.deepEqual(
    [fit.radius, lower, upper, width, 1 - fit.radius].map(value => Number(value.toFixed(12))),
    [0.3, 0.2, 0.8, 0.6, 0.7],
  )
})

test('fact 44: residuals k/200 at 90, 95 and 99 % give .455, .480, .500', () => {
  const rows = Array.from({ length: 100 }, (_, k) => ({ probability: (k + 1) / 200, label: 0 as const, source: 'csv' }))
  assert.deepEqual(built(rows).body.radii, [0.455, 0.48, 0.5])
})

test('fact 45: 29 rows are refused; 30 at 99 % give no radius, so [0, 1]', () => {
  const rows = Array.from({ length: 30 }, (_, k) => ({ probability: k / 30, label: 0 as const, source: 'csv' }))
  const few = buildCalibrator(rows.slice(1))
  assert.ok(!few.ok && few.have === 29)
  assert.equal(built(rows).body.radii[2], null)
})

test('fact 46: a width of .199999 is narrow; .2 is not, also one made of p .5 and q .1', () => {
  assert.equal(isNarrow({ lower: 0.3, upper: 0.499999 }), true)
  assert.equal(isNarrow({ lower: 0.3, upper: 0.5 }), false)
  const { lower, upper, width } = residualInterval(
    { ok: true, level: 0.9, radius: 0.1, n: 30, method: 'absolute_residual' },
    0.5,
  )
  assert.equal(Number(width.toFixed(12)), 0.2)
  assert.equal(isNarrow({ lower, upper }), false)
})
