import type { EventKind, Json, OutcomeRules, ReadContext, ReadEvent, ReadResult } from '@surety/contract'
import Type from 'typebox'
import { readColumns } from './columns.ts'
import { type Faults, fault, ignore, isObject, notAnObject, readText, refused } from './fields.ts'

const id = { min: 1, max: 128 }
const word = { min: 1, max: 60 }

export const outcomes = {
  words: { positive: 1, negative: 0, open: null },
  positive: 'positive',
  negative: 'negative',
} as const satisfies OutcomeRules

const rowId = Type.Union([Type.String({ minLength: id.min, maxLength: id.max }), Type.Integer()])

const rowSchema = Type.Object(
  {
    row_id: Type.Optional(rowId),
    subject: Type.Optional(rowId),
    columns: Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Boolean(), Type.Null()]), {
      description: 'Values of the columns declared in the settings; others are ignored and listed.',
    }),
  },
  { description: 'One row of a table: asks for a decision.' },
)

const outcomeSchema = Type.Object(
  {
    row_id: rowId,
    label: Type.Union([Type.Literal(0), Type.Literal(1), Type.Null()], {
      description: '1 yes, 0 no, null not settled yet.',
    }),
    outcome: Type.Optional(
      Type.String({
        minLength: word.min,
        maxLength: word.max,
        description: 'A word for the label; default positive, negative or open.',
      }),
    ),
    source: Type.Optional(
      Type.Literal('imported', {
        description:
          'Only from replay and import, so that imported labels are counted apart; other doors leave it out.',
      }),
    ),
  },
  { description: 'What became of a row. The latest one counts.' },
)

export const rowRecorded: EventKind = { schema: rowSchema, read: readRow }
export const rowOutcome: EventKind = { belongs: 'outcome', schema: outcomeSchema, read: readOutcome }

function readRow(data: unknown, { settings }: ReadContext): ReadResult {
  if (!isObject(data)) return notAnObject()
  const faults: Faults = { errors: null }
  const ignored: string[] = []
  const caseId = readId(faults, 'row_id', data['row_id'])
  const subject = readId(faults, 'subject', data['subject'])
  const payload: { [field: string]: Json } = { columns: readColumns(faults, ignored, data['columns'], settings) }
  if (caseId !== undefined) payload['row_id'] = caseId
  if (subject !== undefined) payload['subject'] = subject
  ignoreRest(faults, ignored, data, rowSchema.properties)
  if (faults.errors !== null) return refused(faults.errors)
  const event: ReadEvent = {
    payload,
    ignored,
    ...(caseId !== undefined && { caseId }),
    ...(subject !== undefined && { subject }),
  }
  return { ok: true, event }
}

function readOutcome(data: unknown): ReadResult {
  if (!isObject(data)) return notAnObject()
  const faults: Faults = { errors: null }
  const ignored: string[] = []
  const caseId = readId(faults, 'row_id', data['row_id'])
  if (data['row_id'] === undefined || data['row_id'] === null) {
    fault(faults, 'row_id', 'required', 'row_id is required.')
  }
  const label = readLabel(faults, data['label'])
  const given = readText(faults, 'outcome', data['outcome'], word)
  const imported = data['source'] === 'imported'
  if (!imported && data['source'] !== undefined) ignore(faults, ignored, 'source', data['source'])
  ignoreRest(faults, ignored, data, outcomeSchema.properties)
  const named = Object.entries(outcomes.words).find(([known]) => known === given)
  if (named !== undefined && label !== undefined && named[1] !== label) {
    fault(faults, 'outcome', 'contradiction', `outcome ${given} stands for another label.`)
  }
  if (faults.errors !== null) return refused(faults.errors)
  if (caseId === undefined || label === undefined) throw new Error('a required field was not read')
  const outcome = given ?? (label === null ? 'open' : label === 1 ? outcomes.positive : outcomes.negative)
  const payload = { row_id: caseId, label, outcome, ...(imported && { source: 'imported' }) }
  const source = imported ? 'imported' : 'reported'
  return { ok: true, event: { caseId, payload, outcome: { outcome, label, source }, ignored } }
}

/** Files hold ids as numbers as often as text; 7 and "7" are the same row. */
function readId(faults: Faults, path: string, value: unknown): string | undefined {
  return readText(faults, path, typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value, id)
}

function readLabel(faults: Faults, value: unknown): 0 | 1 | null | undefined {
  if (value === 0 || value === 1 || value === null) return value
  return fault(faults, 'label', value === undefined ? 'required' : 'type', 'label must be 0, 1 or null.')
}

function ignoreRest(faults: Faults, ignored: string[], data: { readonly [key: string]: unknown }, known: object): void {
  for (const field of Object.keys(data)) {
    if (!Object.hasOwn(known, field)) ignore(faults, ignored, field, data[field])
  }
}
