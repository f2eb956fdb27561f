import { type Action, type JsonObject, mapSides, type Question, type Sides } from '@surety/contract'

/** What an operator may set of one action; what is left out keeps the question's default. */
export interface Budgets {
  readonly sides: Sides
  /** Share of the inbox whose opinion is withheld until a person has answered, 0..1. */
  readonly blindedShare: number
  /** Days after which an unanswered case expires. */
  readonly queueDays: number
}

export const defaultBlindedShare = 0.1
export const defaultQueueDays = 7

/** The setting `autonomy` of one question over its defaults. The value was checked when it was saved. */
export function budgetsOf(question: Question, value: JsonObject | undefined): Budgets {
  const number = (given: unknown, otherwise: number): number => (typeof given === 'number' ? given : otherwise)
  return {
    sides: mapSides(question.actions, action => withBudget(action, value)),
    blindedShare: number(value?.['hidden_share'], defaultBlindedShare),
    queueDays: number(value?.['queue_days'], defaultQueueDays),
  }
}

function withBudget(action: Action, value: JsonObject | undefined): Action {
  const all = value?.['actions']
  const given = isObject(all) ? all[action.name] : undefined
  if (!isObject(given)) return action
  const pick = <T>(name: string, otherwise: T): T => (given[name] === undefined ? otherwise : (given[name] as T))
  return {
    ...action,
    alpha: pick('alpha', action.alpha),
    delta: pick('delta', action.delta),
    missBudget: pick('miss_budget', action.missBudget),
    costOfWrong: pick('cost_of_wrong', action.costOfWrong),
    costOfReview: pick('cost_of_review', action.costOfReview),
    capPerHour: pick('cap_per_hour', action.capPerHour),
    auditRate: pick('audit_rate', action.auditRate),
    firstCertificate: pick('first_certificate', action.firstCertificate ?? 'use'),
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
