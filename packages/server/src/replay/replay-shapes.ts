import type { JsonObject } from '@surety/contract'
import { podNamed } from '../pods.ts'
import type { CsvPlan } from './csv-plan.ts'
import { ReplayError } from './replay-error.ts'
import type { RowShape } from './row-shape.ts'

const features = (plan: CsvPlan) => plan.columns.filter(({ use }) => use === 'feature')

/** Rows as they are. */
const table: RowShape = {
  pod: 'table',
  ask: 'row.recorded',
  answer: 'row.outcome',
  caseIdOf: ({ number }) => String(number),
  askData: ({ subject, cells }, caseId) =>
    subject === '' ? { row_id: caseId, columns: cells } : { row_id: caseId, subject, columns: cells },
  answerData: (caseId, label) => ({ row_id: caseId, label, source: 'imported' }),
  settings: plan => ({
    policy: {
      columns: features(plan).map(({ name, kind }) => ({ name, kind })),
      known_later: plan.columns.filter(({ use }) => use === 'known_later').map(({ name }) => name),
    },
  }),
}

const mostAttributes = 50

/** Attributes are named by letters, digits and underscores, and begin with a letter. */
function attributeName(column: string): string {
  const name = column
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, '_')
    .slice(0, 40)
  return /^[a-z]/.test(name) ? name : `c_${name}`.slice(0, 40)
}

/** Each row a lead, its columns declared attributes. Contact fields are made up, since none may be asked for. */
const leads: RowShape = {
  pod: 'customer-ops',
  ask: 'lead.created',
  answer: 'lead.outcome',
  caseIdOf: ({ number, at }) => podNamed('customer-ops').newCaseId(new Date(at), number),
  askData: ({ number, cells }) => ({
    name: `Row ${number}`,
    email: `row-${number}@example.invalid`,
    details: '',
    external_id: `row-${number}`,
    attributes: Object.fromEntries(Object.entries(cells).map(([name, value]) => [attributeName(name), value])),
  }),
  answerData(caseId, label) {
    const { positive, negative } = podNamed('customer-ops').outcomes
    return { lead_id: caseId, outcome: label === 1 ? positive : negative, source: 'imported' }
  },
  settings(plan) {
    const declared = features(plan).map(({ name, kind }) => ({ name: attributeName(name), kind }))
    if (declared.length > mostAttributes)
      throw new ReplayError(
        'too_many_columns',
        `A lead has at most ${mostAttributes} attributes and this file has ${declared.length} columns: leave some out with --ignore, or replay it as --pod table.`,
      )
    if (new Set(declared.map(({ name }) => name)).size < declared.length)
      throw new ReplayError(
        'same_name',
        'Two columns have the same name once other characters than letters and digits become underscores: leave one out with --ignore.',
      )
    return { attributes: { attributes: declared } }
  },
}

export const rowShapes: readonly RowShape[] = [table, leads]

/** An error budget for one action of a replay. */
export interface BudgetWish {
  readonly action: string
  /** In (0, 1). */
  readonly alpha: number
  /** In (0, 1); null: the pod's. */
  readonly delta: number | null
}

/** The setting `autonomy` of a replay. @throws ReplayError for an action that the pod does not have */
export function budgetSetting(pod: string, wishes: readonly BudgetWish[]): JsonObject {
  const { act, clear } = podNamed(pod).actions
  const actions: { [name: string]: JsonObject } = {}
  for (const { action, alpha, delta } of wishes) {
    if (action !== act.name && action !== clear.name)
      throw new ReplayError(
        'no_such_action',
        `--budget ${action}: the pod ${pod} has the actions ${act.name} and ${clear.name}.`,
      )
    actions[action] = delta === null ? { alpha } : { alpha, delta }
  }
  return { actions }
}
