import { gammaFactor, incompleteGamma, incompleteGammaUpper } from './incomplete-gamma.ts'
import { normalPpf } from './normal.ts'

/**
 * Value below which a gamma variable of shape a and scale 1 falls with probability p, by Newton steps kept inside a
 * shrinking bracket, from Wilson and Hilferty's start.
 * @param p     in [0, 1]; 1 answers Infinity
 * @param a     positive
 * @param upper 1 - p, where the caller knows it more exactly than the subtraction does
 * @throws RangeError outside these ranges: a bug of the caller
 * @see fixture by SciPy
 */
export function gammaQuantile(p: number, a: number, upper = 1 - p): number {
  if (!(p >= 0 && p <= 1 && a > 0 && a < Infinity)) throw new RangeError(`gammaQuantile(${p}, ${a}) is not defined`)
  if (p === 0) return 0
  if (upper === 0) return Infinity
  // Positive where x is too large, measured in the smaller tail.
  const error = (x: number) => (p <= upper ? incompleteGamma(a, x) - p : upper - incompleteGammaUpper(a, x))
  let low = 0
  let high = Infinity
  let x = start(p, a, upper)
  for (let turn = 0; turn < 400; turn++) {
    if (x < 1e-300) return 0 // the quantile lies below the smallest doubles
    const off = error(x)
    if (off === 0) return x
    if (off > 0) high = x
    else low = x
    const newton = x - off / (gammaFactor(a, x) * (a / x))
    const middle =
      high === Infinity ? 2 * x : low === 0 ? high / 16 : high / low > 4 ? Math.sqrt(low * high) : (low + high) / 2
    const next = newton > low && newton < high ? newton : middle
    if (Math.abs(next - x) <= 4e-16 * x || next === low || next === high) return next
    x = next
  }
  return x
}

function start(p: number, a: number, upper: number): number {
  const z = p <= upper ? normalPpf(p) : -normalPpf(upper)
  const cube = 1 - 1 / (9 * a) + z / (3 * Math.sqrt(a))
  if (cube > 0.1) return a * cube ** 3
  return Math.max(1e-290, a * 0.01)
}
