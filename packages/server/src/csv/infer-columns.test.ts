import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inferColumns, isMissing } from './infer-columns.ts'
import { parseTime } from './parse-time.ts'

const kindOf = (name: string, values: readonly string[]) =>
  inferColumns(
    [name],
    values.map(value => [value]),
  )[0]!.kind
const many = (value: (row: number) => string) => Array.from({ length: 100 }, (_, row) => value(row))

test('kinds are read off the values', () => {
  assert.equal(kindOf('age', ['31', '45.5', '-2e3', '']), 'numeric')
  assert.equal(
    kindOf(
      'job',
      many(row => ['admin', 'student', 'retired'][row % 3]!),
    ),
    'categorical',
  )
  assert.equal(kindOf('y', ['yes', 'No', 'no']), 'boolean')
  assert.equal(kindOf('flag', ['0', '1', '1']), 'boolean')
  assert.equal(kindOf('source', ['web', 'web']), 'constant')
  assert.equal(kindOf('nothing', ['', 'NA']), 'constant')
  assert.equal(
    kindOf(
      'note',
      many(row => `said thing ${row}`),
    ),
    'text',
  )
  assert.equal(
    kindOf(
      'email',
      many(row => `p${row}@example.invalid`),
    ),
    'identifier',
  )
})

test('digits that are names do not become numbers', () => {
  assert.equal(kindOf('zip', ['01234', '55401', '55401']), 'categorical')
  assert.equal(
    kindOf(
      'customer_id',
      many(row => `${row + 10}`),
    ),
    'identifier',
  )
  assert.equal(
    kindOf(
      'amount',
      many(row => `${row + 10}`),
    ),
    'numeric',
  )
  assert.equal(
    kindOf(
      'x',
      many(row => `12345678901234567${row}`),
    ),
    'identifier',
  )
})

test('a date says what it is, epoch seconds need a name that says so', () => {
  assert.equal(kindOf('x', ['2024-01-01', '2024-02-01T10:00:00Z']), 'time')
  assert.equal(kindOf('x', ['1730483820', '1730483821']), 'numeric')
  for (const name of ['ts', 'created_at', 'createdAt', 'eventTime', 'DATE', 'timestamp']) {
    assert.equal(kindOf(name, ['1730483820', '1730483821']), 'time', name)
  }
  assert.equal(kindOf('flat', ['1730483820', '1730483821']), 'numeric')
  assert.equal(kindOf('date', ['2024-01-01', '2024-13-01']), 'categorical')
})

test('missing values are counted and never shown as examples', () => {
  assert.deepEqual(
    inferColumns(
      ['a', 'b'],
      [
        ['', 'x'],
        ['NaN', 'y'],
        ['null', 'x'],
        ['7', 'z'],
        ['7', 'w'],
      ],
    ),
    [
      { name: 'a', kind: 'constant', missingShare: 0.6, distinct: 1, examples: ['7'] },
      { name: 'b', kind: 'categorical', missingShare: 0, distinct: 4, examples: ['x', 'y', 'z'] },
    ],
  )
  assert.deepEqual(['', ' ', 'NA', 'n/a', 'Null', 'nan', 'none', 'Nana', '0'].map(isMissing), [
    ...Array.from({ length: 6 }, () => true),
    ...Array.from({ length: 3 }, () => false),
  ])
})

test('no rows leave every column constant', () => {
  assert.deepEqual(inferColumns(['a'], []), [
    { name: 'a', kind: 'constant', missingShare: 0, distinct: 0, examples: [] },
  ])
})

test('times are read as UTC unless they name a zone', () => {
  const moment = Date.UTC(2024, 10, 1, 17, 57, 0)
  for (const text of [
    '2024-11-01T17:57:00Z',
    '2024-11-01 17:57:00',
    '2024-11-01T17:57',
    ' 2024-11-01T18:57:00+01:00 ',
    '2024-11-01T12:57:00-0500',
    '2024-11-01T18:57:00+01',
    '1730483820',
    '1730483820000',
    '1730483820.0',
  ]) {
    assert.equal(parseTime(text), moment, text)
  }
  assert.equal(parseTime('2024-11-01T17:57:00.1234Z'), moment + 123)
  assert.equal(parseTime('2024-11-01'), Date.UTC(2024, 10, 1))
  assert.equal(parseTime('0001-01-01'), new Date('0001-01-01T00:00:00Z').getTime())
})

test('what is no moment is null', () => {
  for (const text of [
    '',
    'soon',
    '2024-02-30',
    '2024-13-01',
    '2024-11-01T24:00:00Z',
    '2024-11-01T10:60',
    '12',
    '01/02/2024',
    '2024-11-01T10:00+99:00',
  ]) {
    assert.equal(parseTime(text), null, text)
  }
})
