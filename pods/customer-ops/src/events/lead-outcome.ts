import {
  type EventKind,
  givenTimeWords,
  type Json,
  type Outcome,
  type ReadContext,
  type ReadResult,
} from '@surety/contract'
import Type from 'typebox'
import type { Faults, TextRule } from '../fields.ts'
import { fault, ignore, isObject, notAnObject, readMoment, readText, refused } from '../fields.ts'
import { outcomes, outcomeWords } from '../outcomes.ts'
import { leadId } from './message-received.ts'

const notesRule: TextRule = { min: 0, max: 500, trim: false, empty: 'wrong' }

const schema = Type.Object(
  {
    lead_id: Type.String({ minLength: leadId.min, maxLength: leadId.max }),
    outcome: Type.Enum(outcomeWords, { description: 'booked is label 1; ghosted, unqualified and spam are 0.' }),
    notes: Type.Optional(Type.String({ maxLength: notesRule.max })),
    time_to_conversion: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), Type.Null()], {
        description: 'Seconds.',
      }),
    ),
    occurred_at: Type.Optional(
      Type.String({ format: 'date-time', description: `At most 5 minutes ahead; ${givenTimeWords}.` }),
    ),
    source: Type.Optional(
      Type.Literal('imported', {
        description:
          'Only from replay and import, so that imported labels are counted apart; other doors leave it out.',
      }),
    ),
  },
  { description: 'What became of a lead. The latest one counts.' },
)

/** The answer to a lead. The word `window` as a source is never read: only the service's own sweep settles silence. */
export const leadOutcome: EventKind = { belongs: 'outcome', schema, read }

function read(data: unknown, { now }: ReadContext): ReadResult {
  if (!isObject(data)) return notAnObject()
  const faults: Faults = { errors: null }
  const ignored: string[] = []
  const caseId = readText(faults, 'lead_id', data['lead_id'], leadId)
  const notes = readText(faults, 'notes', data['notes'], notesRule)
  const seconds = readSeconds(faults, data['time_to_conversion'])
  const occurredAt = readMoment(faults, 'occurred_at', data['occurred_at'], now)
  const imported = data['source'] === 'imported'
  const given = data['outcome']
  const word = outcomeWords.find(known => known === given)
  if (data['lead_id'] === undefined || data['lead_id'] === null) {
    fault(faults, 'lead_id', 'required', 'lead_id is required.')
  }
  for (const field of Object.keys(data)) {
    const isKnown = field === 'source' ? imported : Object.hasOwn(schema.properties, field)
    if (!isKnown) ignore(faults, ignored, field, data[field])
  }
  if (word === undefined) return unknownWord(faults, given)
  if (faults.errors !== null) return refused(faults.errors)
  if (caseId === undefined) throw new Error('a required field was not read')

  const payload: { [field: string]: Json } = { lead_id: caseId, outcome: word }
  if (notes !== undefined) payload['notes'] = notes
  if (seconds !== undefined) payload['time_to_conversion'] = seconds
  if (imported) payload['source'] = 'imported'
  const outcome: Outcome = {
    outcome: word,
    label: outcomes.words[word],
    source: imported ? 'imported' : 'reported',
    ...(notes !== undefined && { notes }),
    ...(seconds !== undefined && { timeToConversion: seconds }),
  }
  return { ok: true, event: { caseId, payload, outcome, ignored, ...(occurredAt !== undefined && { occurredAt }) } }
}

/** A text that is none of the six words has a code of its own; no word at all is a field that is missing or wrong. */
function unknownWord(faults: Faults, given: unknown): ReadResult {
  const choice = `outcome must be one of ${outcomeWords.join(', ')}.`
  const code = given === undefined || given === null ? 'required' : typeof given === 'string' ? 'not_allowed' : 'type'
  fault(faults, 'outcome', code, choice)
  return refused(faults.errors ?? [], code === 'not_allowed' ? 'invalid_outcome' : 'validation_failed')
}

function readSeconds(faults: Faults, value: unknown): number | null | undefined {
  if (value === undefined || value === null) return value
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  return fault(faults, 'time_to_conversion', 'range', 'time_to_conversion must be whole seconds, 0 or more, or null.')
}
