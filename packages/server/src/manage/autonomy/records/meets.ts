import { type Action, isNarrow } from '@surety/contract'
import { fitVennAbers, predictVennAbers } from '@surety/stats'

type Conditioned = Pick<Action, 'side' | 'conditions'>

/** Bounds are compared with thresholds after rounding to six decimals, as they are when a case is decided. */
const six = (value: number): number => Math.round(value * 1e6) / 1e6

/** What an action asks of the bounds of a probability beside its cut. */
export function boundsMeet({ conditions }: Conditioned, lower: number, upper: number, floor: number): boolean {
  if (conditions === undefined) return true
  if (conditions.narrow && isNarrow({ lower, upper }) === false) return false
  return conditions.on === 'probability' || six(lower) >= floor
}

/** Is a score on the action's side of the operator's threshold? */
export const onSide = ({ side }: Conditioned, p: number, floor: number): boolean =>
  side === 'act' ? p >= floor : p < floor

const folds = 5

/**
 * Which rows meet what an action asks beside its cut. The bounds of a row are made out of fold, by a calibrator fitted on the
 * other four fifths: one that had seen its label would let in what turned out well.
 * @param p scores of a version; @param y 0 or 1 per row, same order
 * @param floor the operator's threshold on the probability
 * @returns per row 1 where all of it holds
 */
export function meetsOutOfFold(action: Conditioned, p: Float64Array, y: Uint8Array, floor: number): Uint8Array {
  const meets = Uint8Array.from(p, score => (onSide(action, score, floor) ? 1 : 0))
  if (action.conditions === undefined) return meets
  for (let fold = 0; fold < folds; fold++) {
    const outside = (_: unknown, i: number): boolean => i % folds !== fold
    const fit = fitVennAbers(p.filter(outside), y.filter(outside))
    for (let i = fold; i < p.length; i += folds) {
      if (!fit.ok) meets[i] = 0
      if (!fit.ok || meets[i] === 0) continue
      const { p0, p1 } = predictVennAbers(fit, p.subarray(i, i + 1))
      if (!boundsMeet(action, p0[0]!, p1[0]!, floor)) meets[i] = 0
    }
  }
  return meets
}
