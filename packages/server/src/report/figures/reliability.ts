import { expectedCalibrationError, type Refusal, wilson } from '@surety/stats'
import type { ScoredDecisions } from './scored-decisions.ts'

/** One point of the reliability curve: what was said on average, and the share that came true, with Wilson's 95 %. */
export interface ReliabilityPoint {
  readonly n: number
  readonly yes: number
  readonly said: number
  readonly seen: number
  readonly lower: number
  readonly upper: number
}

const points = 10

/** Groups of about equal count, cut between equal probabilities never. */
export function reliability({ p, y }: ScoredDecisions): readonly ReliabilityPoint[] | Refusal {
  const found = expectedCalibrationError(p, y, 'equal_mass', points)
  if (!found.ok) return found
  return found.bins.flatMap(({ n, meanProbability, positiveShare }) => {
    const yes = Math.round(positiveShare * n)
    const share = wilson(yes, n)
    if (!share.ok) return []
    return [{ n, yes, said: meanProbability, seen: share.value, lower: share.lower, upper: share.upper }]
  })
}
