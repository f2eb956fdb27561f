import { type Refusal, refuse } from '../refusal.ts'

/** Two-sided interval of a share; `n` trials, coverage `level`. */
export interface ShareInterval {
  readonly ok: true
  readonly value: number
  readonly lower: number
  readonly upper: number
  readonly n: number
  readonly level: number
  readonly method: 'wilson' | 'clopper_pearson'
}

/** What every interval of a share asks of its input, or null when all is well. */
export function checkShare(hits: number, trials: number, level: number): Refusal | null {
  const finite = (value: number) => (Number.isFinite(value) ? value : 0)
  if (trials === 0) return refuse('empty', 0, 1, 'trials must be a whole number of at least 1, got 0')
  if (!(Number.isSafeInteger(trials) && trials > 0)) {
    return refuse('out_of_range', finite(trials), 1, `trials must be a whole number of at least 1, got ${trials}`)
  }
  if (!(Number.isSafeInteger(hits) && hits >= 0 && hits <= trials)) {
    return refuse('out_of_range', finite(hits), trials, `hits must be a whole number from 0 to ${trials}, got ${hits}`)
  }
  if (!(level > 0 && level < 1))
    return refuse('out_of_range', finite(level), 1, `level must be in (0, 1), got ${level}`)
  return null
}
