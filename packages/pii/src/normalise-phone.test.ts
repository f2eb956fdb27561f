import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type CountryCode, getCountries, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { normalisePhone } from './normalise-phone.ts'

test('one number is one number however it was typed', () => {
  for (const text of [
    '6125551212',
    '+16125551212',
    '(612) 555-1212',
    '1-612-555-1212',
    '612.555.1212',
    '６１２-５５５-１２１２',
  ]) {
    assert.deepEqual(normalisePhone(text, 'US'), { e164: '+16125551212', valid: true }, text)
  }
  assert.deepEqual(normalisePhone('07700 900123', 'GB'), { e164: '+447700900123', valid: true })
})

test('a number that cannot be one is not valid', () => {
  assert.deepEqual(normalisePhone('not a phone', 'US'), { e164: null, valid: false })
  assert.deepEqual(normalisePhone('', 'US'), { e164: null, valid: false })
  assert.equal(normalisePhone('555-1234', 'US').valid, false)
  assert.equal(normalisePhone('+999 123456789', 'US').e164, null)
  assert.equal(normalisePhone('1'.repeat(400), 'US').valid, false)
})

test('an unknown default country is a programming error', () => {
  assert.throws(() => normalisePhone('6125551212', 'XX'), /unknown country "XX"/)
})

test('the tables say what the library says, in every country', () => {
  const countries = getCountries()
  const digits = (from: number, to: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: from, maxLength: to })
  const number = fc.oneof(
    digits(4, 14),
    digits(5, 15).map(rest => `+${rest}`),
    fc
      .tuple(fc.constantFrom('+1', '+44', '+49', '+39', '+54', '+7', '+55', '0', '00', '011', '1'), digits(6, 11))
      .map(pair => pair.join('')),
  )
  fc.assert(
    fc.property(
      number,
      fc.constantFrom<CountryCode>('US', 'GB', 'DE', 'FR', 'IT', 'AR', 'BR', 'MX', 'RU', ...countries),
      (text, country) => {
        const parsed = parsePhoneNumberFromString(text, country)
        const expected = parsed ? { e164: parsed.number, valid: parsed.isPossible() } : { e164: null, valid: false }
        assert.deepEqual(normalisePhone(text, country), expected)
      },
    ),
    { numRuns: 2000 },
  )
})
