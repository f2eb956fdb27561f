import type { Action } from '@surety/contract'

/** An act on a 0, a clear of a 1. */
export const isWrong = ({ side }: Pick<Action, 'side'>, label: number): boolean => label === (side === 'act' ? 0 : 1)
