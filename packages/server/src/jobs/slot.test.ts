import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cronOf, firedSlot, nextSlot, previousSlot } from './slot.ts'

const nightly = { every: 'day', hour: 3, minute: 17 } as const

test('the nightly slot is the last 03:17 UTC at or before a moment, and the next one lies a day later', () => {
  assert.equal(previousSlot(nightly, new Date('2026-03-10T03:16:59Z')).toISOString(), '2026-03-09T03:17:00.000Z')
  assert.equal(previousSlot(nightly, new Date('2026-03-10T03:17:00Z')).toISOString(), '2026-03-10T03:17:00.000Z')
  assert.equal(nextSlot(nightly, new Date('2026-03-10T03:17:00Z')).toISOString(), '2026-03-11T03:17:00.000Z')
})

test('an hourly and a weekly slot keep their minute and their Sunday', () => {
  const hourly = { every: 'hour', minute: 7 } as const
  const weekly = { every: 'sunday', hour: 2, minute: 0 } as const
  assert.equal(previousSlot(hourly, new Date('2026-01-01T00:06:00Z')).toISOString(), '2025-12-31T23:07:00.000Z')
  assert.equal(previousSlot(weekly, new Date('2026-11-21T11:00:00Z')).toISOString(), '2026-11-15T02:00:00.000Z')
  assert.equal(cronOf(weekly), '0 2 * * 0')
  assert.equal(cronOf(nightly), '17 3 * * *')
})

test('a firing up to five minutes before its slot by our clock is that slot', () => {
  const slot = (at: string) => firedSlot(nightly, new Date(at)).toISOString()
  assert.equal(slot('2026-03-10T03:16:55Z'), '2026-03-10T03:17:00.000Z')
  assert.equal(slot('2026-03-10T03:12:00Z'), '2026-03-10T03:17:00.000Z')
  assert.equal(slot('2026-03-10T03:11:59Z'), '2026-03-09T03:17:00.000Z')
  assert.equal(slot('2026-03-10T03:18:00Z'), '2026-03-10T03:17:00.000Z')
})
