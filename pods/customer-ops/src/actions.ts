import type { Action } from '@surety/contract'

/** A message that went out cannot be called back; a lead that was left alone can still be written to. */
export const actions: readonly Action[] = [
  { name: 'start_followup', alpha: 0.3, reversible: false },
  { name: 'skip_followup', alpha: 0.05, reversible: true },
]

/** Probability of a booking from which the plain rule writes to a lead. */
export const threshold = 0.7
