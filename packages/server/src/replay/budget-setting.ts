import type { JsonObject, Question } from '@surety/contract'
import { ReplayError } from './replay-error.ts'

/** An error budget for one action of a replay. */
export interface BudgetWish {
  readonly action: string
  /** In (0, 1). */
  readonly alpha: number
  /** In (0, 1); null: the pod's. */
  readonly delta: number | null
}

/** The setting `autonomy` of a replay. @throws ReplayError for an action that the pod does not have */
export function budgetSetting(question: Question, wishes: readonly BudgetWish[]): JsonObject {
  const { act, clear } = question.actions
  const actions: { [name: string]: JsonObject } = {}
  for (const { action, alpha, delta } of wishes) {
    if (action !== act.name && action !== clear.name)
      throw new ReplayError(
        'no_such_action',
        `--budget ${action}: the pod ${question.pod} has the actions ${act.name} and ${clear.name}.`,
      )
    actions[action] = delta === null ? { alpha } : { alpha, delta }
  }
  return { actions }
}
