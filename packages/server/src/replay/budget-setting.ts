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

/**
 * The sets of budgets to replay one after the other: the n-th of each action together, and its last one where it has no more.
 * @returns at least one set
 */
export function budgetRuns(wishes: readonly BudgetWish[]): readonly (readonly BudgetWish[])[] {
  const perAction = [...Map.groupBy(wishes, ({ action }) => action).values()]
  const runs = Math.max(1, ...perAction.map(own => own.length))
  return Array.from({ length: runs }, (_, run) => perAction.map(own => own[run] ?? own.at(-1)!))
}

/** A set of budgets in words: "yes at most 10 % wrong, no at most 5 % wrong". */
export const budgetWords = (wishes: readonly BudgetWish[]): string =>
  wishes.map(({ action, alpha }) => `${action} at most ${Number((100 * alpha).toPrecision(6))} % wrong`).join(', ')

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
