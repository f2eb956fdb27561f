import type { Action } from '@surety/contract'
import type { ActionBudgets, ActionSide } from '@surety/stats'

/** The same side in the words of the statistics: a record of acts is one of answers `yes`. */
export const sideOf = ({ side }: Pick<Action, 'side'>): ActionSide => (side === 'act' ? 'yes' : 'no')

export const budgetsOfRecord = ({ alpha, missBudget }: Pick<Action, 'alpha' | 'missBudget'>): ActionBudgets => ({
  alpha,
  beta: missBudget,
})
