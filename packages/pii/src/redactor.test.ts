import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PiiType } from './recogniser.ts'
import { createRedactor, type Redactor } from './redactor.ts'
import { tenantPiiKey } from './tenant-key.ts'

const root = Buffer.alloc(32, 7)
const us = createRedactor(tenantPiiKey(root, 'acme'), { defaultCountry: 'US' })
const other = createRedactor(tenantPiiKey(root, 'globex'), { defaultCountry: 'US' })

/** The text with every token shown as its type, so that a test reads as the contract does. */
function shape(text: string, redactor: Redactor = us): string {
  return redactor.redact(text).text.replace(/\[([A-Z]+):[0-9a-f]{10}\]/g, '[$1:T]')
}

function only(text: string, type: PiiType, redactor: Redactor = us): string {
  const { pii } = redactor.redact(text)
  const names = Object.keys(pii)
  assert.equal(names.length, 1, text)
  assert.equal(pii[names[0]!], type, text)
  return names[0]!
}

function unchanged(...texts: readonly string[]): void {
  for (const text of texts) assert.deepEqual(us.redact(text), { text, pii: {}, counts: {} }, text)
}

test('fact 13: a phone and a card side by side are found each on its own', () => {
  assert.equal(shape('Call 612-555-1212 4242 4242 4242 4242'), 'Call [PHONE:T] [CARD:T]')
  assert.deepEqual(us.redact('Call 612-555-1212 4242 4242 4242 4242').counts, { CARD: 1, PHONE: 1 })
})

test('fact 14: eight spellings of one number give one token, another tenant another', () => {
  const spellings = [
    '612-555-1212',
    '(612) 555-1212',
    '+1 612 555 1212',
    '6125551212',
    '612–555–1212',
    '612 - 555 - 1212',
    '612/555/1212',
    '612 555 12 12',
  ]
  for (const text of spellings) assert.equal(shape(text), '[PHONE:T]', text)
  assert.deepEqual(new Set(spellings.map(text => only(text, 'PHONE'))), new Set([us.token('PHONE', '+16125551212')]))
  assert.notEqual(only(spellings[0]!, 'PHONE', other), only(spellings[0]!, 'PHONE'))
})

test('fact 15: numbers abroad, and a local number after a phone word only', () => {
  for (const text of ['+44 20 7946 0958', '+33 6 12 34 56 78', '+49 30 12345678'])
    assert.equal(shape(text), '[PHONE:T]')
  assert.equal(shape('call 555-1234'), 'call [PHONE:T]')
  assert.equal(only('call 555-1234', 'PHONE'), us.token('PHONE', '+15551234'))
  unchanged('room 555-1234')
})

test('a number with the prefix for abroad may have more digits than a number', () => {
  assert.equal(only('call 011 49 1512 3456789', 'PHONE'), us.token('PHONE', '+4915123456789'))
})

test('one value of two types has two tokens', () => {
  const [phone, ssn] = (['PHONE', 'SSN'] as const).map(type => us.token(type, '123456789').slice(-11))
  assert.notEqual(phone, ssn)
})

test('fact 16: letters may follow a number unless they are an identifier', () => {
  assert.equal(shape('6125551212abc'), '[PHONE:T]abc')
  unchanged('6125551212abc9f', 'order 6125551212')
})

test('fact 17: cards in their groupings, a wrong check digit is none', () => {
  assert.equal(shape('4242.4242.4242.4242'), '[CARD:T]')
  assert.equal(shape('3782 822463 10005'), '[CARD:T]')
  unchanged('4242 4242 4242 4241')
  assert.equal(shape('5555 5555 5555 4444'), '[CARD:T]', 'a doubled 5 counts 1')
})

test('an issuer counts with its own first digits and lengths only', () => {
  assert.equal(
    shape('2221 0000 0000 0017, 2720 9900 0000 0015'),
    '[CARD:T], [CARD:T]',
    'both ends of the second range of Mastercard',
  )
  unchanged('3400 0000 0000 0018', '3700 0000 0000 0015', '2721 0000 0000 0012')
})

test('fact 18: time stamps and other long numbers stay', () => {
  unchanged('ts 1730483820123', 'invoice 2024000123456789', 'id 00012345678901234567', '12345678901')
})

test('fact 19: a social security number in four spellings gives one token', () => {
  const spellings = ['123-45-6789', 'SSN 123.45.6789', 'my social security is 123456789', '١٢٣-٤٥-٦٧٨٩']
  assert.deepEqual(new Set(spellings.map(text => only(text, 'SSN'))), new Set([us.token('SSN', '123456789')]))
  assert.equal(shape(spellings[2]!), 'my social security is [SSN:T]')
  assert.equal(shape(spellings[3]!), '[SSN:T]')
})

test('fact 20: numbers that were never issued stay', () => {
  unchanged(
    '000-12-3456',
    '666-12-3456',
    '900-12-3456',
    '123-00-6789',
    '123-45-0000',
    'ZIP 55401-1234',
    'order 123456789',
  )
})

test('fact 21: international, bracketed and spelled-out addresses', () => {
  assert.equal(shape('josé@exámple.com'), '[EMAIL:T]')
  assert.equal(shape('jane (at) example.com'), '[EMAIL:T]')
  assert.equal(only('jane at example dot com', 'EMAIL'), only('jane (at) example.com', 'EMAIL'))
  assert.equal(only('jane at example dot com', 'EMAIL'), us.token('EMAIL', 'jane@example.com'))
  unchanged('look at example.com')
})

test('fact 22: digits in an address belong to it, the rest of a web address stays', () => {
  assert.equal(shape('email: admin@123-45-6789.com'), 'email: [EMAIL:T]')
  assert.equal(
    shape('https://contact@example.com:8080/path?email=test@test.com'),
    'https://[EMAIL:T]:8080/path?email=[EMAIL:T]',
  )
})

test('fact 25: dates, times and plain words stay', () => {
  unchanged('born 01/02/1980', 'at 2024-11-01 12:30:20', 'INTRODUCTORY offer, public works, 24 m2')
})

test('an address is one value in any case and any of its spellings', () => {
  const value = us.token('EMAIL', 'jane.doe@example.com')
  for (const text of [
    'Jane.Doe@Example.COM',
    'jane.doe%40example.com',
    'jane.doe＠example.com',
    'jane.\u200bdoe@exam\u00adple.com',
    'jane.doe[at]example[dot]com',
    'jane dot doe at example dot com',
  ]) {
    assert.equal(only(text, 'EMAIL'), value, text)
    assert.equal(shape(text), '[EMAIL:T]', text)
  }
  assert.equal(shape('write to root@localhost.'), 'write to [EMAIL:T].')
  assert.equal(shape('"Jane Doe"@example.com'), '[EMAIL:T]')
  assert.equal(shape("<jane@example.com>, 'joe@example.org'..."), "<[EMAIL:T]>, '[EMAIL:T]'...")
  assert.equal(shape('jane@192.0.2.7'), '[EMAIL:T]')
  unchanged('@handle', 'price @ 5', 'a@b', 'meet at noon', 'point at this dot here', 'x@12.5')
})

test('numbers keep their brackets together and leave those of the sentence', () => {
  assert.equal(shape('(call (612) 555-1212)'), '(call [PHONE:T])')
  assert.equal(shape('(612-555-1212)'), '([PHONE:T])')
  assert.equal(shape('(+1) 612 555 1212 or +1 (612) 555-1212'), '([PHONE:T] or [PHONE:T]'.replace('(', ''))
  assert.equal(shape('+44 (0)20 7946 0958'), '[PHONE:T]')
  assert.equal(only('+44 (0)20 7946 0958', 'PHONE'), us.token('PHONE', '+442079460958'))
})

test('two numbers in a row are two, an extension stays behind its number', () => {
  assert.equal(shape('612-555-1212 612-555-1313'), '[PHONE:T] [PHONE:T]')
  assert.equal(shape('612-555-1212-612-555-1313'), '[PHONE:T]-[PHONE:T]')
  assert.equal(shape('612-555-1212 x123, 612-555-1212x9'), '[PHONE:T] x123, [PHONE:T]x9')
  assert.equal(shape('1-800-555-0199 / 011 44 20 7946 0958'), '[PHONE:T] / [PHONE:T]')
  assert.equal(shape('2024-11-01 6125551212'), '2024-11-01 [PHONE:T]')
})

test('the nearest telling word decides about bare digits', () => {
  assert.equal(shape('order, call 6125551212'), 'order, call [PHONE:T]')
  assert.equal(shape('I placed an order. 6125551212'), 'I placed an order. [PHONE:T]')
  assert.equal(shape('my number is 5551234'), 'my number is [PHONE:T]')
  assert.equal(shape('call Jane at 555-1234'), 'call Jane at [PHONE:T]')
  assert.equal(shape('tel. 555-1234'), 'tel. [PHONE:T]')
  unchanged(
    'order number: 6125551212',
    'ref. 6125551212',
    'case #6125551212',
    'tracking id is 6125551212',
    'SKU6125551212',
  )
})

test('sums, sizes, coordinates, versions and years stay', () => {
  unchanged(
    '44.9537123456 -93.0900123456',
    '2019 2020 2021 2022',
    '$1,000,000.00 for 12 x 24 x 3000 ft',
    '12 34 56 78 90',
    'ISBN 978-3-16-148410-0',
    '550e8400-e29b-41d4-a716-446655440000',
    '0.4242424242424242',
    '192.168.10.20',
    '01.02.1980 10:30 - 11:45',
  )
})

test('in another country its own way of writing counts', () => {
  const gb = createRedactor(tenantPiiKey(root, 'acme'), { defaultCountry: 'GB' })
  const fr = createRedactor(tenantPiiKey(root, 'acme'), { defaultCountry: 'FR' })
  const de = createRedactor(tenantPiiKey(root, 'acme'), { defaultCountry: 'DE' })
  assert.equal(only('07700 900123', 'PHONE', gb), gb.token('PHONE', '+447700900123'))
  assert.equal(only('06.12.34.56.78', 'PHONE', fr), fr.token('PHONE', '+33612345678'))
  assert.equal(only('0049 30 12345678', 'PHONE', fr), fr.token('PHONE', '+493012345678'))
  assert.equal(only('030/12345678', 'PHONE', de), de.token('PHONE', '+493012345678'))
  assert.equal(only('Tel. 03012345678', 'PHONE', de), de.token('PHONE', '+493012345678'))
  const es = createRedactor(tenantPiiKey(root, 'acme'), { defaultCountry: 'ES' })
  assert.equal(only('tel 612345678', 'PHONE', es), es.token('PHONE', '+34612345678'))
  assert.equal(only('612 34 56 78', 'PHONE', es), es.token('PHONE', '+34612345678'))
  assert.equal(shape('4242 4242 4242 4241', de), '4242 4242 4242 4241')
})

test('invisible characters inside a value go with it, those around it stay', () => {
  assert.equal(shape('\u200b612\u200b-555-12\u200b12\u200b é'), '\u200b[PHONE:T]\u200b é')
  assert.equal(shape('𝟔𝟏𝟐-𝟓𝟓𝟓-𝟏𝟐𝟏𝟐𝄞'), '[PHONE:T]𝄞')
})

test('redacting twice changes nothing, also where a token consists of digits', () => {
  unchanged('[PHONE:6125551212] and [CARD:0123456789]')
  const pieces = fc.constantFrom(
    '612-555-1212',
    ' ',
    'jane@example.com',
    '4242 4242 4242 4242',
    'call ',
    '\n',
    '7',
    'é',
    '.',
    '(',
    ')',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), parts => {
      const once = us.redact(parts.join(''))
      assert.equal(us.redact(once.text).text, once.text)
    }),
  )
})

test('what is not a value stays byte for byte: tokens put back give the text again', () => {
  const part = fc.oneof(
    fc.constantFrom('612-555-1212', 'jane@example.com', '123-45-6789', ' ', ', ', 'é\u200b', '－', '𝟔'),
    fc.string({ unit: 'binary', maxLength: 8 }),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), parts => {
      const text = parts.join('')
      const kept = us.redact(text).text.split(/\[[A-Z]+:[0-9a-f]{10}\]/)
      let at = 0
      for (const piece of kept) {
        const found = text.indexOf(piece, at)
        assert.ok(found >= 0)
        at = found + piece.length
      }
      assert.ok(text.startsWith(kept[0]!) && text.endsWith(kept.at(-1)!))
    }),
  )
})

test('a value among words is found whatever the words', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('612-555-1212', 'jane@example.com', '4242 4242 4242 4242', '123-45-6789'),
      fc.lorem(),
      (value, words) => {
        assert.ok(!us.redact(`${words} ${value} ${words}`).text.includes(value))
      },
    ),
  )
})

test('a card may have nineteen digits; it is none as part of a longer identifier', () => {
  assert.equal(shape('6222222222222222222'), '[CARD:T]')
  unchanged('4242424242424242abc9f', 'abc9f4242424242424242')
  const ends = '5105 1051 0510 5100, 6599 9999 9999 9995'
  assert.equal(shape(ends), '[CARD:T], [CARD:T]', 'the first prefix of Mastercard, the last of Discover')
})

test('the last area of social security numbers is 899; one sign stands between all groups; spaces tell at home alone', () => {
  assert.equal(shape('899-12-3456'), '[SSN:T]')
  assert.equal(shape('123 45 6789'), '[SSN:T]')
  unchanged('123-45 6789', '123 45-6789')
  const de = createRedactor(tenantPiiKey(root, 'acme'), { defaultCountry: 'DE' })
  assert.equal(shape('123 45 6789', de), '123 45 6789')
})

test('a day or a time beside a number is no part of it, and what no calendar has is no day', () => {
  const de = createRedactor(tenantPiiKey(root, 'acme'), { defaultCountry: 'DE' })
  for (const text of ['am 2024-11-01 2345678', 'am 2024/11/01 2345678']) assert.equal(shape(text, de), text)
  assert.equal(shape('030 123456 10:30', de), '[PHONE:T] 10:30')
  assert.equal(shape('030 12-45-1990', de), '[PHONE:T]')
})

test('no number begins within an identifier, an amount is none, and wide spaces part its groups', () => {
  unchanged('x9y612-555-1212', '$ 6125551212')
  assert.equal(shape('612\u2003555\u20031212'), '[PHONE:T]')
})

test('of many numbers in rare forms the last is hidden like the first', () => {
  const text = Array.from({ length: 80 }, () => 'call +54 9 11 2345 6789').join(', ')
  assert.equal(shape(text), Array.from({ length: 80 }, () => 'call [PHONE:T]').join(', '))
})
