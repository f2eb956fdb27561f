import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TaskRow } from '../store/tasks.ts'
import { dueOf, nextOf, retryMs } from './due.ts'

const at = (text: string): Date => new Date(`2026-03-${text}Z`)
const row = (change: Partial<TaskRow> = {}): TaskRow => ({
  task: 'nightly',
  usual: { cron: '17 3 * * *', timeZone: 'UTC' },
  set: null,
  paused: false,
  countsFrom: null,
  lastSuccess: at('10T03:17:02'),
  askedAt: null,
  askedBy: null,
  held: false,
  state: 'ok',
  startedAt: null,
  endedAt: null,
  durationMs: null,
  runBy: null,
  errorCode: null,
  tenantsFailed: [],
  attempts: 0,
  retryAt: null,
  ...change,
})
const due = (change: Partial<TaskRow>, now: string): string => {
  const found = dueOf(row(change), at(now))
  return found === null ? 'not yet' : `${found.why}${found.late ? ', late' : ''}`
}

test('a slot is due from its moment on, and late when it passed more than five minutes ago', () => {
  assert.equal(due({}, '11T03:16:59.999'), 'not yet')
  assert.equal(due({}, '11T03:17:00'), 'schedule')
  assert.equal(due({}, '11T03:22:00'), 'schedule')
  assert.equal(due({}, '11T03:22:01'), 'schedule, late')
  assert.equal(due({}, '20T12:00:00'), 'schedule, late')
})

test('a replica whose clock is seconds behind finds the slot done that another one ran', () => {
  assert.equal(due({ lastSuccess: at('11T03:17:00') }, '11T03:16:55'), 'not yet')
  assert.equal(due({ lastSuccess: at('11T03:17:00') }, '11T03:17:05'), 'not yet')
})

test('a success that lies in the future counts as none: the task is made up, and not kept from running for years', () => {
  const lastSuccess = new Date('2028-03-10T03:17:00Z')
  assert.equal(due({ lastSuccess }, '10T12:00:00'), 'schedule, late')
  assert.equal(due({ lastSuccess, paused: true }, '10T12:00:00'), 'not yet')
})

test('one that lies in the future and fails waits for its second try, and does not run without a pause', () => {
  const failed = { lastSuccess: new Date('2028-03-10T03:17:00Z'), attempts: 3, startedAt: at('10T12:00:00') }
  assert.equal(due({ ...failed, retryAt: at('10T12:04:00') }, '10T12:03:59'), 'not yet')
  assert.deepEqual(nextOf(row({ ...failed, retryAt: at('10T12:04:00') }), at('10T12:03:59'))?.at, at('10T12:04:00'))
  assert.equal(due({ ...failed, retryAt: at('10T12:04:00') }, '10T12:04:00'), 'retry, late')
  assert.equal(due({ ...failed, retryAt: new Date('2028-03-10T04:17:00Z') }, '10T12:03:59'), 'retry, late')
})

test('what was paused or set counts from then: missed slots of before are not made up, later ones are', () => {
  const lastSuccess = at('01T03:17:00')
  assert.equal(due({ lastSuccess, countsFrom: at('10T12:00:00') }, '10T12:01:00'), 'not yet')
  assert.equal(due({ lastSuccess, countsFrom: at('10T12:00:00') }, '11T03:17:00'), 'schedule')
  assert.equal(due({ lastSuccess, countsFrom: new Date('2028-01-01T00:00:00Z') }, '10T12:00:00'), 'schedule, late')
})

test('who asks is served although the task is paused or has no schedule; nothing else is', () => {
  const asked = { askedAt: at('10T12:00:00') }
  assert.equal(due({ ...asked, paused: true }, '10T12:00:00'), 'asked')
  assert.equal(due({ ...asked, usual: null }, '10T12:00:00'), 'asked')
  assert.equal(due({ paused: true }, '20T12:00:00'), 'not yet')
  assert.equal(due({ usual: null, attempts: 1, retryAt: at('10T12:00:00') }, '20T12:00:00'), 'not yet')
})

test('the schedule that a person set holds instead of the usual one, in its own time zone', () => {
  const set = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' }
  assert.deepEqual(nextOf(row({ set }), at('28T12:00:00'))?.at, at('11T01:30:00'))
  assert.deepEqual(nextOf(row({ set, lastSuccess: at('28T02:00:00') }), at('28T12:00:00'))?.at, at('29T01:00:00'))
})

test('a run that failed is tried again after minutes, and its slot is not due a second time', () => {
  const failed = { attempts: 1, startedAt: at('11T03:17:00'), retryAt: at('11T03:18:05') }
  assert.equal(due(failed, '11T03:18:04'), 'not yet')
  assert.equal(due(failed, '11T03:18:05'), 'retry, late')
  assert.equal(due({ ...failed, retryAt: at('12T04:00:00') }, '12T03:17:00'), 'schedule')
  assert.equal(due(failed, '13T12:00:00'), 'schedule, late', 'what was missed meanwhile is about all tenants')
  assert.equal(due({ ...failed, retryAt: new Date('2028-01-01T00:00:00Z') }, '11T04:00:00'), 'retry, late')
  assert.deepEqual(
    [1, 2, 3, 6, 7, 40].map(retryMs),
    [1, 2, 4, 32, 60, 60].map(minutes => minutes * 60_000),
  )
})
