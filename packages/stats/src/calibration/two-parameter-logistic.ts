import { type Refusal, refuse } from '../refusal.ts'

/** Slope and intercept of target on z, on the log-odds scale. */
export interface TwoParameterLogistic {
  readonly ok: true
  readonly slope: number
  readonly intercept: number
  readonly iterations: number
}

/**
 * Maximum likelihood of target ~ sigmoid(slope·z + intercept) by Newton steps with halving, on centred and scaled z so
 * that the 2 x 2 system stays well conditioned whatever the scale of the scores.
 * @param z       finite, not all equal
 * @param targets in [0, 1], same length; fractions are allowed (Platt's smoothed targets)
 * @returns       or `not_converged`: 100 steps, or the optimum lies at infinity (hard targets, separable scores)
 */
export function solveTwoParameterLogistic(z: Float64Array, targets: Float64Array): TwoParameterLogistic | Refusal {
  const n = z.length
  let mean = 0
  for (let i = 0; i < n; i++) mean += z[i]! / n
  let spread = 0
  for (let i = 0; i < n; i++) spread = Math.max(spread, Math.abs(z[i]! - mean))
  if (!(spread > 0)) return refuse('constant', 1, 2, 'all scores are equal')
  const x = Float64Array.from(z, value => (value - mean) / spread)
  const share = targets.reduce((sum, t) => sum + t, 0) / n
  let slope = 0
  let intercept = Math.log(share) - Math.log1p(-share)
  let now = evaluate(x, targets, slope, intercept)
  for (let iterations = 1; iterations <= 100; iterations++) {
    const determinant = now.h00 * now.h11 - now.h01 * now.h01
    if (!(determinant > 0)) break
    const stepSlope = (now.g0 * now.h11 - now.g1 * now.h01) / determinant
    const stepIntercept = (now.g1 * now.h00 - now.g0 * now.h01) / determinant
    let size = 1
    let next = evaluate(x, targets, slope - stepSlope, intercept - stepIntercept)
    // A hair of slack: near the optimum the loss differs by rounding only, and halving there would never end.
    while (!(next.loss <= now.loss * (1 + 1e-14)) && size > 1e-10) {
      size /= 2
      next = evaluate(x, targets, slope - size * stepSlope, intercept - size * stepIntercept)
    }
    slope -= size * stepSlope
    intercept -= size * stepIntercept
    now = next
    if (Math.abs(slope) > 1e7) break
    if (size * Math.max(Math.abs(stepSlope), Math.abs(stepIntercept)) <= 1e-11 * Math.max(1, Math.abs(slope))) {
      const unscaled = slope / spread
      // Scores a few smallest doubles apart have a slope beyond all numbers.
      if (!Number.isFinite(unscaled)) return refuse('constant', 1, 2, 'the scores are too close together for a slope')
      return { ok: true, slope: unscaled, intercept: intercept - (slope * mean) / spread, iterations }
    }
  }
  return refuse('not_converged', 100, 101, 'slope and intercept did not settle: the scores may separate the classes')
}

function evaluate(x: Float64Array, targets: Float64Array, slope: number, intercept: number) {
  let loss = 0
  let g0 = 0
  let g1 = 0
  let h00 = 0
  let h01 = 0
  let h11 = 0
  for (let i = 0; i < x.length; i++) {
    const z = slope * x[i]! + intercept
    const e = Math.exp(-Math.abs(z))
    const q = 1 / (1 + e)
    const p = z >= 0 ? q : e * q
    loss += Math.max(z, 0) - targets[i]! * z + Math.log1p(e)
    const residual = p - targets[i]!
    const weight = e * q * q
    g0 += residual * x[i]!
    g1 += residual
    h00 += weight * x[i]! * x[i]!
    h01 += weight * x[i]!
    h11 += weight
  }
  return { loss, g0, g1, h00, h01, h11 }
}
