import { checkLevel } from '../level.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { normalPpf } from '../special/normal.ts'

/** How sure an experiment has to be, and may need to be. */
export interface Power {
  /** Two-sided false alarm rate, default 0.05. */
  readonly alpha?: number
  /** Chance to find an effect of that size, default 0.8. */
  readonly power?: number
}

/** Units per arm for an effect, or the effect for units per arm. */
export interface Detectable {
  readonly ok: true
  readonly perArm: number
  /** Absolute difference of the rates (or means). */
  readonly effect: number
  readonly alpha: number
  readonly power: number
}

/**
 * Units per arm to find a difference of two rates, normal approximation with each rate's own variance: about
 * 16·p(1 - p)/effect² at the defaults.
 * @param rate   base rate in (0, 1)
 * @param effect difference to find, not 0; rate + effect must lie in (0, 1)
 * @returns      or `out_of_range`
 */
export function neededPerArm(rate: number, effect: number, options: Power = {}): Detectable | Refusal {
  const checked = reach(options)
  if (!checked.ok) return checked
  const other = rate + effect
  if (!(rate > 0 && rate < 1 && other > 0 && other < 1 && effect !== 0)) {
    return refuse('out_of_range', 0, 1, 'both rates must lie in (0, 1) and differ')
  }
  const variance = rate * (1 - rate) + other * (1 - other)
  const perArm = Math.ceil((checked.z ** 2 * variance) / effect ** 2 - 1e-9)
  return { ok: true, perArm, effect, alpha: checked.alpha, power: checked.power }
}

/**
 * Smallest rise of a rate that so many units per arm will find with the wanted power.
 * @returns or `out_of_range`, `too_few` (not even a rise to 100 % would be found)
 */
export function detectableRise(rate: number, perArm: number, options: Power = {}): Detectable | Refusal {
  const checked = reach(options)
  if (!checked.ok) return checked
  if (!(rate > 0 && rate < 1 && Number.isSafeInteger(perArm) && perArm > 0)) {
    return refuse('out_of_range', 0, 1, 'a rate in (0, 1) and a whole number of units are needed')
  }
  // effect² = z²(p(1-p) + (p+e)(1-p-e))/n is a quadratic in the effect e: (n + z²)e² - z²(1-2p)e - 2z²p(1-p) = 0.
  const z2 = checked.z ** 2
  const linear = z2 * (1 - 2 * rate)
  const root = Math.sqrt(linear * linear + 8 * (perArm + z2) * z2 * rate * (1 - rate))
  const effect = (linear + root) / (2 * (perArm + z2))
  if (rate + effect >= 1) return refuse('too_few', perArm, perArm + 1, 'no rise can be found with so few units')
  return { ok: true, perArm, effect, alpha: checked.alpha, power: checked.power }
}

/**
 * Smallest difference of two means that so many units per arm will find.
 * @param deviation standard deviation of one unit, > 0
 * @returns         or `out_of_range`
 */
export function detectableDifference(deviation: number, perArm: number, options: Power = {}): Detectable | Refusal {
  const checked = reach(options)
  if (!checked.ok) return checked
  if (!(deviation > 0 && deviation < Infinity && Number.isSafeInteger(perArm) && perArm > 0)) {
    return refuse('out_of_range', 0, 1, 'a positive deviation and a whole number of units are needed')
  }
  const effect = checked.z * deviation * Math.sqrt(2 / perArm)
  return { ok: true, perArm, effect, alpha: checked.alpha, power: checked.power }
}

function reach({ alpha = 0.05, power = 0.8 }: Power) {
  const problem = checkLevel(alpha, 'alpha') ?? checkLevel(power, 'power')
  if (problem) return problem
  return { ok: true, z: normalPpf(1 - alpha / 2) + normalPpf(power), alpha, power } as const
}
