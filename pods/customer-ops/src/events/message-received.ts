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
/** How a message travelled. A list, because what stands here is stored as it is: a free text held addresses and numbers. */
export const messageChannels = [
  'web',
  'email',
  'sms',
  'mms',
  'whatsapp',
  'chat',
  'phone',
  'social',
  'letter',
  'in_person',
  'other',
] as const

/** Any text up to 200 characters may name a lead: one that does not exist is not found, which is another answer. */
export const leadId: TextRule = { min: 1, max: 200, trim: false, empty: 'wrong' }
const messageText: TextRule = { min: 1, max: 8000, trim: false, empty: 'wrong' }

const schema = Type.Object(
  {
    lead_id: Type.String({ minLength: leadId.min, maxLength: leadId.max }),
    role: Type.Enum(messageRoles, { description: 'user and agent count as a human touch.' }),
    text: Type.String({ minLength: messageText.min, maxLength: messageText.max }),
    channel: Type.Optional(Type.Enum(messageChannels, { description: 'How it travelled.' })),
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
  const channel = readChannel(faults, data['channel'])
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

/** Forms send an empty one for none. */
function readChannel(faults: Faults, value: unknown): (typeof messageChannels)[number] | undefined {
  const word = typeof value === 'string' ? value.trim() : value
  return word === '' ? undefined : readWord(faults, 'channel', word, messageChannels)
}
