import { subjectBootstrap } from '../bootstrap/subject-bootstrap.ts'
import { logLosses, weightedMean } from '../bootstrap/weighted-statistics.ts'
import { aucInterval } from '../metrics/auc-interval.ts'
import { brierSkill } from '../metrics/brier.ts'
import { calibrationLine } from '../metrics/calibration-line.ts'
import { delongPaired } from '../metrics/delong-paired.ts'
import { sigmoid } from '../model/sigmoid.ts'
import { promotionRule } from '../promotion/promotion-rule.ts'
import { addRollback, startRollback } from '../promotion/rollback.ts'
import { type Rng, rng } from '../rng.ts'
import { kolmogorovSf } from '../special/kolmogorov.ts'
import { normalCdf } from '../special/normal.ts'
import { normalDraw } from './normal-draws.ts'
import { answered } from './oracles.ts'

/**
 * Runs of shadowing in which the models disagree on 10 % of the labels; of these the new one is wrong on `newWrong`.
 * Answers after how many labels each run was rolled back, Infinity = never.
 */
export function rollbackDelays(runs: number, labels: number, newWrong: number): Float64Array {
  const draw = rng(`rollback ${newWrong}`)
  const delays = new Float64Array(runs).fill(Infinity)
  for (let run = 0; run < runs; run++) {
    let evidence = answered(startRollback(0.05))
    for (let label = 1; label <= labels; label++) {
      const u = draw.uniform()
      const difference = u >= 0.1 ? 0 : u < newWrong ? 1 : -1
      if (difference !== 0) evidence = answered(addRollback(evidence, difference))
      if (evidence.rollBack) {
        delays[run] = label
        break
      }
    }
  }
  return delays
}

/** One holdout: rows in pairs of a subject, and two scores of them. */
function holdout(draw: Rng, rows: number, noiseA: number, noiseB: number) {
  const a = new Float64Array(rows)
  const b = new Float64Array(rows)
  const y = new Uint8Array(rows)
  let subject = 0
  for (let i = 0; i < rows; i++) {
    if (i % 2 === 0) subject = normalDraw(draw)
    const z = -0.8 + 1.2 * (0.6 * subject + 0.8 * normalDraw(draw))
    y[i] = draw.uniform() < sigmoid(z) ? 1 : 0
    // Both see the truth through noise of their own; shrunk so that the slope stays near 1.
    a[i] = sigmoid(-0.75 + 0.85 * (z + 0.8 + noiseA * normalDraw(draw)))
    b[i] = sigmoid(-0.75 + 0.85 * (z + 0.8 + noiseB * normalDraw(draw)))
  }
  return { a, b, y, subjects: Array.from(y, (_, i) => i >> 1) }
}

/** Share of holdouts on which challenger A is promoted as better than B, and the DeLong z of each. */
export function promotions(runs: number, rows: number, replicates: number, noiseA: number, noiseB: number) {
  const draw = rng(`promotion ${noiseA} ${noiseB}`)
  const z = new Float64Array(runs)
  let promoted = 0
  for (let run = 0; run < runs; run++) {
    const { a, b, y, subjects } = holdout(draw, rows, noiseA, noiseB)
    const losses = [logLosses(a, y), logLosses(b, y)] as const
    const difference = weightedMean(losses[0].map((loss, i) => loss - losses[1][i]!))
    const drawn = answered(subjectBootstrap(subjects, { difference }, draw.fork(`boot ${run}`), { replicates }))
    const auc = answered(delongPaired(a, b, y))
    z[run] = auc.z
    const verdict = promotionRule(
      {
        logLossDifference: drawn.intervals.difference,
        aucDifference: { ok: true, value: auc.difference, lower: auc.lower, upper: auc.upper },
        reason: null,
        challenger: { auc: aucInterval(a, y, 0.9), brierSkill: brierSkill(a, y), calibration: calibrationLine(a, y) },
        segments: [],
        certified: [],
        holdoutUses: 0,
      },
      { aucFloor: 0.5, slope: [0, 10] },
    )
    if (verdict.promote && verdict.ground === 'better') promoted++
  }
  return { promoted: promoted / runs, z }
}

/** P-value of the Kolmogorov-Smirnov test of a sample against the standard normal. */
export function normalityP(sample: Float64Array): number {
  const sorted = Float64Array.from(sample).sort()
  const n = sorted.length
  let distance = 0
  sorted.forEach((value, i) => {
    const chance = normalCdf(value)
    distance = Math.max(distance, (i + 1) / n - chance, chance - i / n)
  })
  const root = Math.sqrt(n)
  return kolmogorovSf((root + 0.12 + 0.11 / root) * distance)
}
