import { fitVennAbers, predictVennAbers } from '../calibration/venn-abers.ts'
import { fitAbsoluteResidual } from '../conformal/absolute-residual.ts'
import { conformalRank } from '../conformal/conformal-rank.ts'
import { holdsLabel } from '../conformal/label-set.ts'
import { fitMondrian, mondrianBatch } from '../conformal/mondrian.ts'
import { sigmoid } from '../model/sigmoid.ts'
import { type Rng, rng } from '../rng.ts'
import { kolmogorovSf } from '../special/kolmogorov.ts'
import { logGamma } from '../special/log-gamma.ts'
import { normalDraw } from './normal-draws.ts'
import { answered } from './oracles.ts'

/** Rows of a model that is too sure of itself and off centre: y ~ Bern(sigmoid(z)), p = sigmoid(2z + 0.7). */
export function miscalibrated(draw: Rng, n: number, shift = 0): { readonly p: Float64Array; readonly y: Uint8Array } {
  const z = Float64Array.from({ length: n }, () => 1.5 * normalDraw(draw) + shift)
  return {
    p: z.map(value => sigmoid(2 * value + 0.7)),
    y: Uint8Array.from(z, value => (draw.uniform() < sigmoid(value) ? 1 : 0)),
  }
}

/** Coverage of pooled split conformal on `tested` new rows, once per fresh calibration of n rows. */
export function pooledCoverages(runs: number, n: number, tested: number, alpha: number): Float64Array {
  const draw = rng(`pooled coverage ${alpha}`)
  return Float64Array.from({ length: runs }, () => {
    const calibration = miscalibrated(draw, n)
    const { radius } = answered(fitAbsoluteResidual(calibration.p, calibration.y, 1 - alpha))
    const { p, y } = miscalibrated(draw, tested)
    let covered = 0
    for (let i = 0; i < tested; i++) if (Math.abs(p[i]! - y[i]!) <= radius) covered++
    return covered / tested
  })
}

/** Per fresh calibration: coverage of the rare class, what the rank promises for it, and the variance of the difference. */
export function rareClassCoverages(runs: number, n: number, tested: number, alpha: number) {
  const draw = rng(`rare class ${alpha}`)
  return Array.from({ length: runs }, () => {
    // A shift of -3.3 leaves 7 % of class 1.
    const calibration = miscalibrated(draw, n, -3.3)
    const fit = answered(fitMondrian(calibration.p, calibration.y, { alpha }))
    const { p, y } = miscalibrated(draw, tested, -3.3)
    const sets = mondrianBatch(fit, p)
    let rows = 0
    let covered = 0
    for (let i = 0; i < tested; i++) {
      if (y[i] !== 1) continue
      rows++
      if (holdsLabel(sets[i]!, 1)) covered++
    }
    const size = calibration.y.reduce((sum, label) => sum + label, 0)
    const rank = conformalRank(size, alpha)
    const promised = rank === null ? 1 : rank / (size + 1)
    const variance = (promised * (1 - promised)) / (size + 2) + (promised * (1 - promised)) / rows
    return { coverage: covered / rows, promised, variance, share: size / n }
  })
}

/** Kolmogorov-Smirnov p of counts of covered rows against the beta-binomial law of one calibration of n rows. */
export function betaBinomialP(coverages: Float64Array, n: number, tested: number, alpha: number): number {
  const rank = conformalRank(n, alpha)!
  const [a, b] = [rank, n + 1 - rank]
  const logBeta = (x: number, y: number) => logGamma(x) + logGamma(y) - logGamma(x + y)
  const seen = new Float64Array(tested + 1)
  for (const coverage of coverages) seen[Math.round(coverage * tested)]! += 1 / coverages.length
  let law = 0
  let empirical = 0
  let distance = 0
  for (let k = 0; k <= tested; k++) {
    const choose = -Math.log(tested + 1) - logBeta(k + 1, tested - k + 1)
    law += Math.exp(choose + logBeta(k + a, tested - k + b) - logBeta(a, b))
    empirical += seen[k]!
    distance = Math.max(distance, Math.abs(law - empirical))
  }
  return kolmogorovSf(Math.sqrt(coverages.length) * distance)
}

/** One bin of the probabilities that Venn-Abers gave for the label that came true. */
export interface ChosenBin {
  readonly n: number
  readonly meanLabel: number
  readonly meanProbability: number
  readonly standardError: number
}

/** Points, each with a calibration of its own, binned by p1 where the label is 1 and p0 where it is 0. */
export function chosenMemberBins(points: number, calibrationRows: number): readonly ChosenBin[] {
  const draw = rng('chosen member')
  const bins = Array.from({ length: 10 }, () => ({ n: 0, labels: 0, said: 0, variance: 0 }))
  for (let point = 0; point < points; point++) {
    const { p, y } = miscalibrated(draw, calibrationRows + 1)
    // Rounded, so that there are ties.
    const rough = p.map(value => Math.round(value * 40) / 40)
    const fit = answered(fitVennAbers(rough.subarray(1), y.subarray(1)))
    const { p0, p1 } = predictVennAbers(fit, rough.subarray(0, 1))
    const chosen = y[0] === 1 ? p1[0]! : p0[0]!
    const bin = bins[Math.min(9, Math.floor(chosen * 10))]!
    bin.n++
    bin.labels += y[0]!
    bin.said += chosen
    bin.variance += chosen * (1 - chosen)
  }
  return bins
    .filter(({ n }) => n >= 30)
    .map(({ n, labels, said, variance }) => ({
      n,
      meanLabel: labels / n,
      meanProbability: said / n,
      standardError: Math.sqrt(variance) / n,
    }))
}
