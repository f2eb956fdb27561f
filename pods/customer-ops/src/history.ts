import type { HistoryColumn, HistorySettings, PodHistory } from '@surety/contract'
import { newCaseId } from './case-id.ts'
import { outcomes } from './outcomes.ts'

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
export const history: PodHistory = {
  asks: 'lead.created',
  answers: 'lead.outcome',
  caseId: ({ number, at }) => newCaseId(at, number),
  askData: ({ number, cells }) => ({
    name: `Row ${number}`,
    email: `row-${number}@example.invalid`,
    details: '',
    external_id: `row-${number}`,
    attributes: Object.fromEntries(Object.entries(cells).map(([name, value]) => [attributeName(name), value])),
  }),
  answerData: (caseId, label) => ({
    lead_id: caseId,
    outcome: label === 1 ? outcomes.positive : outcomes.negative,
    source: 'imported',
  }),
  settings,
}

function settings(features: readonly HistoryColumn[]): HistorySettings {
  const declared = features.map(({ name, kind }) => ({ name: attributeName(name), kind }))
  if (declared.length > mostAttributes)
    return {
      ok: false,
      code: 'too_many_columns',
      sentence: `A lead has at most ${mostAttributes} attributes and this file has ${declared.length} columns: leave some out with --ignore, or replay it as --pod table.`,
    }
  if (new Set(declared.map(({ name }) => name)).size < declared.length)
    return {
      ok: false,
      code: 'same_name',
      sentence:
        'Two columns have the same name once other characters than letters and digits become underscores: leave one out with --ignore.',
    }
  return { ok: true, settings: { attributes: { attributes: declared } } }
}
