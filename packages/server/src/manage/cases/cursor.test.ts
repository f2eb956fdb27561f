import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCursor, writeCursor } from './cursor.ts'

const place = { recordedAt: new Date('2026-03-01T10:00:00.123Z'), caseId: 'L1772359200123-a1b2c3' }
const refused = { code: 'validation_failed' }

test('a cursor comes back as the place it was made from', () => {
  assert.deepEqual(readCursor('acme', 'leads', writeCursor('acme', 'leads', place)), place)
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
