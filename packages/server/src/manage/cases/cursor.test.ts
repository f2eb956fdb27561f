import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { ExactTime } from '../../store/exact-time.ts'
import { readCursor, writeCursor } from './cursor.ts'

const place = { recordedAt: '2026-03-01T10:00:00.123456Z' as ExactTime, caseId: 'L1772359200123-a1b2c3' }
const refused = { code: 'validation_failed' }

test('a cursor comes back as the place it was made from', () => {
  assert.deepEqual(readCursor('acme', 'leads', writeCursor('acme', 'leads', place)), place)
})

test('a place is kept to the microsecond, as the database writes it', () => {
  for (const [written, kept] of [
    ['2026-03-01 10:00:00.000001+00', '2026-03-01T10:00:00.000001Z'],
    ['2026-03-01 10:00:00.5+00', '2026-03-01T10:00:00.500000Z'],
    ['2026-03-01 10:00:00+00', '2026-03-01T10:00:00.000000Z'],
  ] as const) {
    const cursor = writeCursor('acme', 'leads', { ...place, recordedAt: written as ExactTime })
    assert.equal(readCursor('acme', 'leads', cursor).recordedAt, kept)
  }
})

test('a cursor that version 0.1 handed out is read', () => {
  const text = '1772359200123.L1772359200123-a1b2c3'
  const check = createHash('sha256').update(`acme\nleads\n${text}`).digest('hex').slice(0, 10)
  const { recordedAt, caseId } = readCursor('acme', 'leads', Buffer.from(check + text).toString('base64url'))
  assert.deepEqual([recordedAt, caseId], ['2026-03-01T10:00:00.123Z', 'L1772359200123-a1b2c3'])
})

test('a cursor of another tenant or list is refused', () => {
  const cursor = writeCursor('acme', 'leads', place)
  assert.throws(() => readCursor('borg', 'leads', cursor), refused)
  assert.throws(() => readCursor('acme', 'other', cursor), refused)
})

test('whatever is done to a cursor, it is refused', () => {
  const cursor = writeCursor('acme', 'leads', place)
  for (let at = 0; at < cursor.length; at++) {
    const other = cursor[at] === 'A' ? 'B' : 'A'
    assert.throws(() => readCursor('acme', 'leads', cursor.slice(0, at) + other + cursor.slice(at + 1)), refused)
    assert.throws(() => readCursor('acme', 'leads', cursor.slice(0, at)), refused)
  }
  for (const made of [
    '',
    'x',
    '%00',
    `${cursor}=`,
    `${cursor} `,
    '../../etc',
    Buffer.from('1.L1').toString('base64url'),
  ])
    assert.throws(() => readCursor('acme', 'leads', made), refused)
})
