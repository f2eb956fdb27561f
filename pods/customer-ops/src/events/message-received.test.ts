import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routes } from '@surety/contract'
import { messageChannels, messageReceived } from './message-received.ts'

const context = { now: new Date('2026-03-10T09:30:00Z'), settings: {} }
const read = (fields: object) =>
  messageReceived.read({ lead_id: 'L1', role: 'user', text: 'Hello', ...fields }, context)

test('a message keeps role, text, channel and moment, and belongs to its lead', () => {
  assert.deepEqual(read({ channel: 'sms', ts: '2026-03-10T09:00:00Z', mood: 1 }), {
    ok: true,
    event: {
      caseId: 'L1',
      payload: { lead_id: 'L1', role: 'user', text: 'Hello', channel: 'sms', ts: '2026-03-10T09:00:00.000Z' },
      text: 'Hello',
      message: { role: 'user', text: 'Hello', channel: 'sms', ts: new Date('2026-03-10T09:00:00Z') },
      occurredAt: new Date('2026-03-10T09:00:00Z'),
      ignored: ['mood'],
    },
  })
})

test('all four roles are read and a text may have 8000 code points', () => {
  for (const role of ['user', 'assistant', 'system', 'agent']) assert.ok(read({ role, text: '😀'.repeat(8000) }).ok)
})

test('a channel is one of a list, which the refusal says without the word that was sent; blank is none', () => {
  for (const channel of messageChannels) assert.ok(read({ channel: ` ${channel} ` }).ok, channel)
  assert.deepEqual(routes.addMessage.body.schema.properties.channel.enum, [...messageChannels])
  const blank = read({ channel: ' ' })
  assert.ok(blank.ok && blank.event.message?.channel === undefined)
  const result = read({ channel: 'jane@example.com' })
  assert.ok(!result.ok)
  assert.deepEqual(result.errors, [
    { path: 'channel', code: 'not_allowed', message: `channel must be one of ${messageChannels.join(', ')}.` },
  ])
})

test('another role, an empty or too long text, NUL and a moment ahead are refused by name', () => {
  for (const bad of [
    { role: 'boss' },
    { role: undefined },
    { text: '' },
    { text: 'x'.repeat(8001) },
    { text: 'a\0' },
    { text: null },
    { ts: '2026-03-10T09:35:01Z' },
    { channel: 4 },
    { channel: 'call 612-206-0006' },
    { channel: 'SMS' },
    { lead_id: 4 },
    { mood: '\0' },
  ]) {
    const result = read(bad)
    assert.ok(!result.ok, JSON.stringify(bad))
    assert.equal(result.code, 'validation_failed')
    assert.deepEqual(
      result.errors.map(error => error.path),
      Object.keys(bad),
    )
  }
})
