import { type Refusal, refuse } from './refusal.ts'

/** Refusal of a level (coverage, share of error) that is not a fraction strictly between 0 and 1, or null. */
export function checkLevel(level: number, name = 'level'): Refusal | null {
  if (level > 0 && level < 1) return null
  return refuse('out_of_range', Number.isFinite(level) ? level : 0, 1, `${name} must be in (0, 1), got ${level}`)
}
