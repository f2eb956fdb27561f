/** Why a number cannot be given. The list is closed: callers translate codes to sentences. */
export type RefusalCode =
  | 'empty'
  | 'too_few'
  | 'one_class'
  | 'constant'
  | 'not_finite'
  | 'out_of_range'
  | 'separated'
  | 'no_signal'
  | 'not_converged'
  | 'not_certifiable'
  | 'low_overlap'
  | 'stopped'

/**
 * The typed answer of a function that cannot answer. `need - have` is what a screen shows ("23 more outcomes");
 * both are counts or bounds in the unit the `detail` sentence names.
 */
export interface Refusal {
  readonly ok: false
  readonly code: RefusalCode
  readonly have: number
  readonly need: number
  readonly detail: string
}

/** Builds a refusal. `have` and `need` must be finite, because refusals are stored as JSON. */
export function refuse(code: RefusalCode, have: number, need: number, detail: string): Refusal {
  return { ok: false, code, have, need, detail }
}
