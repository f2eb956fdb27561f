import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eachSide, type JsonObject } from '@surety/contract'
import fc from 'fast-check'
import { customerOps } from './pod.ts'

const now = new Date('2026-03-10T09:30:00Z')
const settings = customerOps.defaultSettings

const readLead = (data: JsonObject) => {
  const kind = customerOps.kinds['lead.created']
  assert.ok(kind)
  return kind.read(data, { now, settings })
}

test('fact 29: a new lead gets an id of L, 13 digits, a dash and 6 hexadecimal digits', () => {
  assert.equal(customerOps.newCaseId(new Date(1_730_483_820_123), 0xa1b2c3), 'L1730483820123-a1b2c3')
  const moment = fc.date({ min: new Date('1970-01-01'), max: new Date('2286-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(moment, fc.integer({ min: 0, max: 2 ** 24 - 1 }), (at, random) => {
      assert.match(customerOps.newCaseId(at, random), /^L\d{13}-[0-9a-f]{6}$/)
    }),
  )
})

test('fact 30: name "A", phone "555", no phone and no email, and details of 2001 characters are refused', () => {
  const good = { name: 'Ann Lee', phone: '612-555-1212' }
  assert.ok(readLead(good).ok)
  const refusals: readonly [JsonObject, string][] = [
    [{ ...good, name: 'A' }, 'name'],
    [{ ...good, phone: '555' }, 'phone'],
    [{ name: 'Ann Lee' }, 'phone'],
    [{ ...good, details: 'x'.repeat(2001) }, 'details'],
  ]
  for (const [data, path] of refusals) {
    const result = readLead(data)
    assert.ok(!result.ok)
    assert.equal(result.code, 'validation_failed')
    assert.deepEqual(
      result.errors.map(error => error.path),
      [path],
    )
  }
})

test('enrichment reads the details alone and says unknown with 0.5 when it is switched off', () => {
  const result = readLead({ name: 'Urgent Quote', phone: '612-555-1212', details: 'more information please' })
  assert.ok(result.ok)
  const on = customerOps.enrich(result.event, { now, settings, enrichment: true })
  assert.deepEqual([on['intent'], on['sentiment'], on['urgency'], on['score']], ['info', 'neutral', 'medium', 0.5])
  const off = customerOps.enrich(result.event, { now, settings, enrichment: false })
  assert.deepEqual(
    [off['intent'], off['sentiment'], off['urgency'], off['score']],
    ['unknown', 'neutral', 'medium', 0.5],
  )
})

test('start_followup may be wrong in 30 % and skip_followup in 5 %, above the threshold 0.70', () => {
  assert.deepEqual(
    eachSide(customerOps.questions[0].actions).map(({ name, alpha }) => [name, alpha]),
    [
      ['start_followup', 0.3],
      ['skip_followup', 0.05],
    ],
  )
  assert.equal(customerOps.questions[0].threshold, 0.7)
})

test('settings with an unknown zone, a bad or doubled attribute or more than 50 of them are refused in sentences', () => {
  const many = Array.from({ length: 51 }, (_, at) => ({ name: `a${at}`, kind: 'numeric' }))
  const age = { name: 'age', kind: 'numeric' }
  for (const bad of [
    { time_zone: 'Mars/Olympus' },
    { time_zone: 2 },
    { attributes: 'age' },
    { attributes: [{ name: 'age', kind: 'date' }] },
    { attributes: [{ name: 'a.b', kind: 'numeric' }] },
    { attributes: [age, age] },
    { attributes: many },
  ]) {
    assert.equal(customerOps.checkSettings(bad).length, 1, JSON.stringify(bad))
  }
  assert.deepEqual(customerOps.checkSettings({ time_zone: 'Asia/Kathmandu', attributes: many.slice(1) }), [])
})
