import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWithinTime, readGivenTime } from './given-time.ts'

const codeOf = (text: unknown) => {
  const read = readGivenTime(text)
  return read instanceof Date ? read.toISOString() : read.code
}

test('a time with an offset from 1970 to 2100 is read, its ends included', () => {
  assert.equal(codeOf('2026-03-10T12:00:00+01:00'), '2026-03-10T11:00:00.000Z')
  assert.equal(codeOf('2026-03-10T12:00Z'), '2026-03-10T12:00:00.000Z')
  assert.equal(codeOf('2024-02-29T00:00:00.123456789Z'), '2024-02-29T00:00:00.123Z')
  assert.equal(codeOf('1970-01-01T00:00:00Z'), '1970-01-01T00:00:00.000Z')
  assert.equal(codeOf('1969-12-31T23:30:00-01:00'), '1970-01-01T00:30:00.000Z')
  assert.equal(codeOf('2100-01-01T00:00:00Z'), '2100-01-01T00:00:00.000Z')
})

test('a moment beyond is told apart from what is no time', () => {
  for (const text of [
    '0001-01-01T00:00:00Z',
    '0099-06-01T00:00:00Z',
    '1000-01-01T00:00:00Z',
    '1713-12-31T00:00:00Z',
    '1969-12-31T23:59:59.999Z',
    '1970-01-01T00:00:00+05:00',
    '2100-01-01T00:00:00.001Z',
    '9999-12-31T23:59:59Z',
  ])
    assert.equal(codeOf(text), 'out_of_range', text)
  for (const text of [
    '+275760-09-13T00:00:00Z',
    '-271821-04-20T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2016-12-31T23:59:60Z',
    '2026-03-10T24:00:00Z',
    '2026-03-10T12:00:00',
    '2026-03-10',
    '1773136800',
    1773136800000,
    'NaN',
    'now',
    '',
    null,
    Number.NaN,
  ])
    assert.equal(codeOf(text), 'format', String(text))
  assert.equal(isWithinTime(new Date(Number.NaN)), false)
})
