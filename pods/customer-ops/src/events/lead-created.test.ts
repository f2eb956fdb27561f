import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReadEvent } from '@surety/contract'
import fc from 'fast-check'
import { Compile } from 'typebox/compile'
import { leadCreated } from './lead-created.ts'

const now = new Date('2026-03-10T09:30:00Z')
const settings = {
  attributes: [
    { name: 'age', kind: 'numeric' },
    { name: 'job', kind: 'categorical' },
    { name: 'owner', kind: 'boolean' },
  ],
}
const good = { name: 'Ann Lee', phone: '612-555-1212' }

const lead = (fields: object): ReadEvent => {
  const result = leadCreated.read({ ...good, ...fields }, { now, settings })
  assert.ok(result.ok, JSON.stringify(result))
  return result.event
}
const faults = (data: unknown): readonly (readonly [string, string])[] => {
  const result = leadCreated.read(data, { now, settings })
  assert.ok(!result.ok, 'it was read')
  assert.equal(result.code, 'validation_failed')
  return result.errors.map(({ path, code }) => [path, code])
}

test('a full lead is split into contact, stored payload and text', () => {
  const details = ' Need a quote. '
  const event = lead({
    name: '  Ann Lee ',
    email: 'ann@example.invalid',
    company: 'Lee',
    details,
    source: 'web',
    external_id: 'crm-9',
    time_zone: 'America/Chicago',
    preferred_channel: 'email',
    consent: { email: true, sms: false },
    attributes: { age: 41, job: 'roofer', owner: false },
    occurred_at: '2026-03-10T10:29:00+01:00',
  })
  assert.deepEqual(event, {
    contact: { name: 'Ann Lee', phone: '612-555-1212', email: 'ann@example.invalid', company: 'Lee' },
    payload: {
      details,
      source: 'web',
      external_id: 'crm-9',
      time_zone: 'America/Chicago',
      preferred_channel: 'email',
      consent: { email: true, sms: false },
      attributes: { age: 41, job: 'roofer', owner: false },
    },
    text: details,
    occurredAt: new Date('2026-03-10T09:29:00Z'),
    ignored: [],
  })
})

test('only what was given is stored, and details default to no text', () => {
  assert.deepEqual(lead({ company: null, email: '', source: '  ', attributes: { age: null, job: '' } }), {
    contact: good,
    payload: { attributes: {} },
    text: '',
    ignored: [],
  })
})

test('every wrong field gets one entry, all of them in one answer', () => {
  assert.deepEqual(
    faults({
      name: 'A',
      phone: '555',
      email: 'nobody',
      details: 7,
      time_zone: 'Mars/Olympus',
      preferred_channel: 'pigeon',
      consent: { sms: 'yes' },
      attributes: { age: '41', job: 3, owner: 'true' },
      occurred_at: '2026-03-10T09:35:01Z',
      source: 'a\0b',
    }),
    [
      ['name', 'too_short'],
      ['phone', 'too_short'],
      ['email', 'format'],
      ['details', 'type'],
      ['time_zone', 'unknown_time_zone'],
      ['preferred_channel', 'not_allowed'],
      ['consent.sms', 'type'],
      ['attributes.age', 'type'],
      ['attributes.job', 'type'],
      ['attributes.owner', 'type'],
      ['occurred_at', 'in_future'],
      ['source', 'nul'],
    ],
  )
})

test('a lead needs a name and a way to be reached; an empty phone is too short, an empty email is none', () => {
  assert.deepEqual(faults({}), [
    ['name', 'required'],
    ['phone', 'required'],
  ])
  assert.deepEqual(faults({ name: 'Ann Lee', email: ' ' }), [['phone', 'required']])
  assert.deepEqual(faults({ name: 'Ann Lee', phone: '' }), [['phone', 'too_short']])
  assert.deepEqual(faults({ name: 'Ann Lee', phone: '', email: 'ann@example.invalid' }), [['phone', 'too_short']])
  const byEmail = leadCreated.read({ name: 'Ann Lee', email: 'ann@example.invalid' }, { now, settings })
  assert.ok(byEmail.ok)
  for (const data of [null, [], 'lead', 7]) assert.deepEqual(faults(data), [['', 'type']])
})

test('lengths are counted in code points after trimming, at both ends of each bound', () => {
  assert.equal(lead({ name: ' Al ' }).contact?.name, 'Al')
  assert.equal(lead({ name: '😀😀' }).contact?.name, '😀😀')
  assert.deepEqual(faults({ ...good, name: '😀' }), [['name', 'too_short']])
  lead({ name: '😀'.repeat(120), details: '😀'.repeat(2000), phone: '1234567' })
  assert.deepEqual(faults({ ...good, name: 'x'.repeat(121), details: '😀'.repeat(2001), phone: '123456' }), [
    ['name', 'too_long'],
    ['phone', 'too_short'],
    ['details', 'too_long'],
  ])
})

test('a phone of 7 characters that nobody can parse is accepted', () => {
  assert.equal(lead({ phone: 'call me' }).contact?.phone, 'call me')
})

test('unknown fields and undeclared attributes are listed and not stored', () => {
  const event = lead({ colour: 'red', consent: { fax: true }, attributes: { age: 1, shoe: 44 } })
  assert.deepEqual(event.ignored, ['colour', 'consent.fax', 'attributes.shoe'])
  assert.deepEqual(event.payload, { consent: {}, attributes: { age: 1 } })
})

test('NUL is refused wherever it stands, in fields that nobody reads too', () => {
  assert.deepEqual(faults({ ...good, name: 'Ann\0Lee' }), [['name', 'nul']])
  assert.deepEqual(faults({ ...good, details: '\0' }), [['details', 'nul']])
  assert.deepEqual(faults({ ...good, attributes: { job: 'a\0' } }), [['attributes.job', 'nul']])
  assert.deepEqual(faults({ ...good, colour: { deep: ['\0'] } }), [['colour', 'nul']])
  assert.deepEqual(faults({ ...good, 'x\0': 1 }), [['x\u{fffd}', 'nul']])
})

test('a moment may lie 5 minutes ahead and no more, and must exist in the calendar', () => {
  assert.deepEqual(lead({ occurred_at: '2026-03-10T09:35:00Z' }).occurredAt, new Date('2026-03-10T09:35:00Z'))
  for (const bad of ['2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-03-10', '2026-03-10T09:00:00', 'now', 17]) {
    assert.deepEqual(faults({ ...good, occurred_at: bad }), [['occurred_at', 'format']], String(bad))
  }
  assert.deepEqual(faults({ ...good, occurred_at: '0001-01-01T00:00:00Z' }), [['occurred_at', 'out_of_range']])
})

test('what the reader accepts in the plain text fields, the documented schema accepts too', () => {
  const schema = Compile(leadCreated.schema)
  const text = fc.string({ unit: 'grapheme-ascii', maxLength: 130 })
  fc.assert(
    fc.property(text, text, fc.option(text, { nil: undefined }), (name, phone, source) => {
      // The reader trims, the schema cannot.
      const data = { name: name.trim(), phone: phone.trim(), ...(source?.trim() && { source: source.trim() }) }
      assert.equal(leadCreated.read(data, { now, settings }).ok, schema.Check(data))
    }),
  )
})
