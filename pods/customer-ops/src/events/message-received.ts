import {
  type EventKind,
  givenTimeWords,
  type Json,
  type Message,
  type ReadContext,
  type ReadResult,
} from '@surety/contract'
import Type from 'typebox'
import type { Faults, TextRule } from '../fields.ts'
import { fault, ignore, isObject, notAnObject, readMoment, readText, readWord, refused } from '../fields.ts'

export const messageRoles = ['user', 'assistant', 'system', 'agent'] as const

/** Any text up to 200 characters may name a lead: one that does not exist is not found, which is another answer. */
export const leadId: TextRule = { min: 1, max: 200, trim: false, empty: 'wrong' }
const messageText: TextRule = { min: 1, max: 8000, trim: false, empty: 'wrong' }
const channelName: TextRule = { min: 1, max: 40, trim: true, empty: 'absent' }

const schema = Type.Object(
  {
    lead_id: Type.String({ minLength: leadId.min, maxLength: leadId.max }),
    role: Type.Enum(messageRoles, { description: 'user and agent count as a human touch.' }),
    text: Type.String({ minLength: messageText.min, maxLength: messageText.max }),
    channel: Type.Optional(Type.String({ minLength: channelName.min, maxLength: channelName.max })),
    ts: Type.Optional(
      Type.String({ format: 'date-time', description: `When it was written; default now; ${givenTimeWords}.` }),
    ),
  },
  { description: 'One message of the conversation with a lead.' },
)

/** A message belongs to a lead and asks nothing. */
export const messageReceived: EventKind = { belongs: 'message', schema, read }

function read(data: unknown, { now }: ReadContext): ReadResult {
  if (!isObject(data)) return notAnObject()
  const faults: Faults = { errors: null }
  const ignored: string[] = []
  const caseId = readText(faults, 'lead_id', data['lead_id'], leadId)
  const role = readWord(faults, 'role', data['role'], messageRoles)
  const text = readText(faults, 'text', data['text'], messageText)
  const channel = readText(faults, 'channel', data['channel'], channelName)
  const ts = readMoment(faults, 'ts', data['ts'], now)
  for (const field of ['lead_id', 'role', 'text']) {
    if (data[field] === undefined || data[field] === null) fault(faults, field, 'required', `${field} is required.`)
  }
  for (const field of Object.keys(data)) {
    if (!Object.hasOwn(schema.properties, field)) ignore(faults, ignored, field, data[field])
  }
  if (faults.errors !== null) return refused(faults.errors)
  if (caseId === undefined || role === undefined || text === undefined) throw new Error('a required field was not read')
  const message: Message = { role, text, ...(channel !== undefined && { channel }), ...(ts !== undefined && { ts }) }
  const payload: { [field: string]: Json } = { lead_id: caseId, role, text }
  if (channel !== undefined) payload['channel'] = channel
  if (ts !== undefined) payload['ts'] = ts.toISOString()
  return { ok: true, event: { caseId, payload, text, message, ignored, ...(ts !== undefined && { occurredAt: ts }) } }
}
