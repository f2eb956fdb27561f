import { eachSide, type JsonObject, type Question } from '@surety/contract'
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
  const names = eachSide(question.actions).map(({ name }) => name)
  const actions: { [name: string]: JsonObject } = {}
  for (const { action, alpha, delta } of wishes) {
    if (!names.includes(action))
      throw new ReplayError(
        'no_such_action',
        `--budget ${action}: the pod ${question.pod} has ${names.length === 1 ? 'the action' : 'the actions'} ${names.join(' and ')}.`,
      )
    actions[action] = delta === null ? { alpha } : { alpha, delta }
  }
  return { actions }
}
