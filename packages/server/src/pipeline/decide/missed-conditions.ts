import { type Action, isNarrow, type Note } from '@surety/contract'
import type { Bound } from '../item.ts'

/** Ratios are compared with cuts after rounding to six decimals. */
const six = (value: number): number => Math.round(value * 1e6) / 1e6

/** What an action measures of what a version says: its probability, or the lower bound of it; null: there is none. */
export const measuredBy = ({ conditions }: Action, { score, interval }: Pick<Bound, 'score' | 'interval'>) =>
  conditions?.on === 'lower_bound' ? interval.lower : score.probability

/**
 * What beside the certified cut an action asks for and a case lacks: a narrow interval, a lower bound beyond the threshold. Empty: nothing.
 * @param floor the operator's threshold on the probability
 */
export function missedConditions(
  action: Action,
  said: Pick<Bound, 'score' | 'interval'>,
  floor: number,
): readonly Note[] {
  const { on, narrow } = action.conditions ?? { on: 'probability', narrow: false }
  const { interval } = said
  const measured = measuredBy(action, said)
  if (measured === null || (narrow && interval.lower === null)) return [{ code: 'no_interval' }]
  const notes: Note[] = []
  const width = interval.upper === null || interval.lower === null ? 0 : interval.upper - interval.lower
  if (narrow && isNarrow(interval) === false)
    notes.push({ code: 'interval_wide', value: six(width), limit: narrowLimit })
  if (on === 'lower_bound' && six(measured) < floor)
    notes.push({ code: 'interval_crosses_threshold', value: measured, limit: floor })
  return notes
}

const narrowLimit = 0.2
