/** A smooth convex function: returns its value and fills `gradient`. */
export type ConvexFunction = (at: Float64Array, gradient: Float64Array) => number

/** How a search for the minimum ended. */
export interface Minimum {
  readonly at: Float64Array
  readonly iterations: number
  /** `flat`: the function no longer falls measurably, yet the steps do not shrink: its minimum lies at infinity. */
  readonly ended: 'converged' | 'flat' | 'not_converged' | 'stopped' | 'not_finite'
}

/** Steps remembered. */
const memory = 10
/** A step longer than this that gains nothing leads nowhere; shorter ones are rounding. */
const flatStep = 1e-3

/**
 * Minimum of a smooth convex function by L-BFGS with a strong Wolfe line search, on top of a given approximation of the
 * inverse second derivatives. With a good approximation the first steps are Newton steps and few passes over the data
 * are needed; with a poor one it is plain L-BFGS.
 * @param precondition multiplies a vector in place by the approximate inverse of the second derivatives
 * @param refresh      called with the new point and the steps taken so far after every step; may improve `precondition` for the next one (the
 *                     remembered steps are then dropped). Answers whether it did.
 * @param tolerance    ends when no parameter would move by more than this; that last step is still taken
 * @param tick         called before every step; false ends the search with `stopped`
 * @see Nocedal & Wright, Numerical Optimization, algorithms 3.5 and 7.4; the slack near the optimum is the approximate
 *      Wolfe condition of Hager & Zhang 2005
 */
export function minimiseConvex(
  f: ConvexFunction,
  start: Float64Array,
  precondition: (vector: Float64Array) => void,
  options: {
    readonly tolerance: number
    readonly maxIterations: number
    readonly refresh?: (at: Float64Array, iterations: number) => boolean
    readonly tick?: (done: number, total: number) => boolean
  },
): Minimum {
  const size = start.length
  const { tolerance, maxIterations } = options
  let at = Float64Array.from(start)
  let gradient = new Float64Array(size)
  let value = f(at, gradient)
  let trial = new Float64Array(size)
  let trialGradient = new Float64Array(size)
  let pairs: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = []
  const direction = new Float64Array(size)
  const alpha = new Float64Array(memory)
  let lastReach = Infinity
  for (let iterations = 0; iterations < maxIterations; iterations++) {
    if (!Number.isFinite(value)) return { at, iterations, ended: 'not_finite' }
    if (options.tick && !options.tick(iterations, maxIterations)) return { at, iterations, ended: 'stopped' }
    for (let j = 0; j < size; j++) direction[j] = -gradient[j]!
    for (let k = pairs.length - 1; k >= 0; k--) {
      const { s, y, rho } = pairs[k]!
      alpha[k] = rho * dot(s, direction)
      addScaled(direction, -alpha[k]!, y)
    }
    precondition(direction)
    for (let k = 0; k < pairs.length; k++) {
      const { s, y, rho } = pairs[k]!
      addScaled(direction, alpha[k]! - rho * dot(y, direction), s)
    }
    let slope = dot(gradient, direction)
    const reach = largest(direction)
    if (reach <= tolerance) {
      addScaled(at, 1, direction)
      return { at, iterations: iterations + 1, ended: 'converged' }
    }
    // The gain to come is below what doubles can tell apart, and the steps have ceased to shrink: this is the end.
    if (Math.abs(slope) <= 1e-15 * Math.abs(value) && reach > lastReach / 2) {
      return { at, iterations, ended: reach > flatStep ? 'flat' : 'converged' }
    }
    lastReach = reach
    if (!(slope < 0)) {
      // Only rounding can make a descent direction climb: forget the remembered steps once, then give up.
      if (pairs.length === 0) return { at, iterations, ended: 'not_converged' }
      pairs = []
      continue
    }
    // Strong Wolfe by bracketing: on a convex function the sign of the slope tells on which side the minimum lies.
    let low = 0
    let high = Infinity
    let step = 1
    let accepted = false
    const slack = 1e-13 * Math.abs(value)
    let lowSlope = slope
    let highSlope = 0
    for (let search = 0; search < 40 && !accepted; search++) {
      for (let j = 0; j < size; j++) trial[j] = at[j]! + step * direction[j]!
      const trialValue = f(trial, trialGradient)
      const trialSlope = dot(trialGradient, direction)
      const falls =
        trialValue <= value + 1e-4 * step * slope || (trialValue <= value + slack && trialSlope <= -0.8 * slope)
      if (falls && Math.abs(trialSlope) <= -0.9 * slope) {
        accepted = true
        value = trialValue
        slope = trialSlope
        break
      }
      if (falls && trialSlope < 0) {
        low = step
        lowSlope = trialSlope
      } else {
        high = step
        highSlope = Number.isFinite(trialSlope) && trialSlope > 0 ? trialSlope : 0
      }
      if (high === Infinity) step *= 3
      else {
        // The secant of the slopes where both ends have one, kept a tenth away from them; else the middle.
        const share = highSlope > 0 ? lowSlope / (lowSlope - highSlope) : 0.5
        step = low + Math.min(0.9, Math.max(0.1, share)) * (high - low)
      }
    }
    if (!accepted) {
      if (pairs.length > 0) {
        pairs = []
        value = f(at, gradient)
        continue
      }
      return { at, iterations, ended: 'not_converged' }
    }
    const s = new Float64Array(size)
    const y = new Float64Array(size)
    for (let j = 0; j < size; j++) {
      s[j] = trial[j]! - at[j]!
      y[j] = trialGradient[j]! - gradient[j]!
    }
    ;[at, trial] = [trial, at]
    ;[gradient, trialGradient] = [trialGradient, gradient]
    if (options.refresh?.(at, iterations)) {
      pairs = []
      continue
    }
    const curvature = dot(s, y)
    if (curvature > 0) pairs.push({ s, y, rho: 1 / curvature })
    if (pairs.length > memory) pairs.shift()
  }
  return { at, iterations: maxIterations, ended: 'not_converged' }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!
  return sum
}

function addScaled(target: Float64Array, factor: number, vector: Float64Array): void {
  for (let j = 0; j < target.length; j++) target[j]! += factor * vector[j]!
}

function largest(vector: Float64Array): number {
  let most = 0
  for (let j = 0; j < vector.length; j++) most = Math.max(most, Math.abs(vector[j]!))
  return most
}
