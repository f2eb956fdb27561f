import {
  type EventKind,
  givenTimeWords,
  type Json,
  type JsonObject,
  type ReadContext,
  type ReadResult,
} from '@surety/contract'
import Type from 'typebox'
import { readAttributes } from '../attributes.ts'
import type { Faults, TextRule } from '../fields.ts'
import { fault, ignore, isObject, notAnObject, readMoment, readText, readWord, refused } from '../fields.ts'
import { isTimeZone } from '../time-zone.ts'

export const channels = ['email', 'sms', 'whatsapp'] as const

const name: TextRule = { min: 2, max: 120, trim: true, empty: 'wrong' }
const phone: TextRule = { min: 7, max: 100, trim: true, empty: 'wrong' }
const email: TextRule = { min: 3, max: 320, trim: true, empty: 'absent' }
const company: TextRule = { min: 1, max: 200, trim: true, empty: 'absent' }
const details: TextRule = { min: 0, max: 2000, trim: false, empty: 'wrong' }
const source: TextRule = { min: 1, max: 100, trim: true, empty: 'absent' }
// It becomes the id of the event, and those have 1 to 128 characters.
const externalId: TextRule = { min: 1, max: 128, trim: true, empty: 'absent' }
const zoneName: TextRule = { min: 1, max: 64, trim: true, empty: 'absent' }

const text = (rule: TextRule, description: string) =>
  Type.String({ minLength: rule.min, maxLength: rule.max, description })

const schema = Type.Object(
  {
    name: text(name, 'Name of the person, counted after trimming.'),
    phone: Type.Optional(
      text(phone, 'Needed unless email is given; a number that cannot be parsed is kept, never used.'),
    ),
    email: Type.Optional(text(email, 'Needed unless phone is given.')),
    details: Type.Optional(text(details, 'What the person wrote; default empty.')),
    company: Type.Optional(text(company, 'Company of the person.')),
    source: Type.Optional(text(source, 'Where the lead comes from, such as web-form.')),
    external_id: Type.Optional(text(externalId, 'Your id of this lead; sent twice, it is one lead.')),
    time_zone: Type.Optional(text(zoneName, 'IANA name such as America/Chicago.')),
    preferred_channel: Type.Optional(Type.Enum(channels)),
    consent: Type.Optional(
      Type.Object({
        email: Type.Optional(Type.Boolean()),
        sms: Type.Optional(Type.Boolean()),
        whatsapp: Type.Optional(Type.Boolean()),
      }),
    ),
    attributes: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Boolean(), Type.Null()]), {
        description: 'Values of the attributes declared in the settings; others are ignored and listed.',
      }),
    ),
    occurred_at: Type.Optional(
      Type.String({ format: 'date-time', description: `At most 5 minutes ahead; ${givenTimeWords}.` }),
    ),
  },
  { description: 'A new lead: asks for a decision.' },
)

/** A lead asks: contact fields apart from what is stored, the free text in memory only. */
export const leadCreated: EventKind = { schema, read }

function read(data: unknown, { now, settings }: ReadContext): ReadResult {
  if (!isObject(data)) return notAnObject()
  const faults: Faults = { errors: null }
  const ignored: string[] = []
  const contact: { [field: string]: string } = {}
  const payload: { [field: string]: Json } = {}
  let occurredAt: Date | undefined
  for (const field of Object.keys(data)) {
    const value = data[field]
    switch (field) {
      case 'name':
        set(contact, field, readText(faults, field, value, name))
        break
      case 'phone':
        set(contact, field, readText(faults, field, value, phone))
        break
      case 'email':
        set(contact, field, readEmail(faults, value))
        break
      case 'company':
        set(contact, field, readText(faults, field, value, company))
        break
      case 'details':
        set(payload, field, readText(faults, field, value, details))
        break
      case 'source':
        set(payload, field, readText(faults, field, value, source))
        break
      case 'external_id':
        set(payload, field, readText(faults, field, value, externalId))
        break
      case 'time_zone':
        set(payload, field, readZone(faults, value))
        break
      case 'preferred_channel':
        set(payload, field, readWord(faults, field, value, channels))
        break
      case 'consent':
        set(payload, field, readConsent(faults, ignored, value))
        break
      case 'attributes':
        set(payload, field, readAttributes(faults, ignored, value, settings))
        break
      case 'occurred_at':
        occurredAt = readMoment(faults, field, value, now)
        break
      default:
        ignore(faults, ignored, field, value)
    }
  }
  if (isMissing(data['name'])) fault(faults, 'name', 'required', 'name is required.')
  // Forms send an empty email for none; an empty phone is a phone that is too short, and is said to be.
  if (isMissing(data['phone']) && (isMissing(data['email']) || isBlank(data['email']))) {
    fault(faults, 'phone', 'required', 'Give a phone number or an email address.')
  }
  if (faults.errors !== null) return refused(faults.errors)
  const event = { payload, text: typeof payload['details'] === 'string' ? payload['details'] : '', contact, ignored }
  return { ok: true, event: occurredAt === undefined ? event : { ...event, occurredAt } }
}

function set<Value>(target: { [field: string]: Value }, field: string, value: Value | undefined): void {
  if (value !== undefined) target[field] = value
}

const isMissing = (value: unknown): boolean => value === undefined || value === null
const isBlank = (value: unknown): boolean => typeof value === 'string' && value.trim() === ''

const addressShape = /^[^\s@]+@[^\s@]+$/

function readEmail(faults: Faults, value: unknown): string | undefined {
  const address = readText(faults, 'email', value, email)
  if (address === undefined || addressShape.test(address)) return address
  return fault(faults, 'email', 'format', 'email must be an address such as name@example.com.')
}

function readZone(faults: Faults, value: unknown): string | undefined {
  const zone = readText(faults, 'time_zone', value, zoneName)
  if (zone === undefined || isTimeZone(zone)) return zone
  return fault(faults, 'time_zone', 'unknown_time_zone', 'time_zone must be an IANA name such as America/Chicago.')
}

function readConsent(faults: Faults, ignored: string[], value: unknown): JsonObject | undefined {
  if (isMissing(value)) return undefined
  if (!isObject(value)) return fault(faults, 'consent', 'type', 'consent must be an object of true and false.')
  const consent: { [channel: string]: boolean } = {}
  for (const channel of Object.keys(value)) {
    const given = value[channel]
    if (!channels.some(known => known === channel)) ignore(faults, ignored, `consent.${channel}`, given)
    else if (typeof given === 'boolean') consent[channel] = given
    else if (given !== null) fault(faults, `consent.${channel}`, 'type', `consent.${channel} must be true or false.`)
  }
  return consent
}
