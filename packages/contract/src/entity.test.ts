import assert from 'node:assert/strict'
import { test } from 'node:test'
import Type from 'typebox'
import { type EntityRow, entity, entityId } from './entity.ts'
import { entityColumns } from './entity-columns.ts'

const Time = Type.String({ format: 'date-time' })
const shifts = entity('shift', {
  schema: Type.Object({
    person: Type.String(),
    site: Type.String(),
    start: Time,
    end: Time,
    hours: Type.Optional(Type.Integer()),
    kind: Type.Enum(['DAY', 'NIGHT']),
    substitute_for: Type.Union([Type.String(), Type.Null()]),
    codes: Type.Array(Type.String()),
    fences: Type.Array(Type.Object({ lat: Type.Number() })),
    confirmed: Type.Boolean(),
  }),
  held: 'key',
  id: ['person', 'site', 'start'],
  keys: [
    { group: 'person', of: shift => shift.person },
    { group: 'site', of: shift => shift.site },
    { group: 'person', of: shift => shift.substitute_for },
  ],
  span: { of: shift => [shift.start, shift.end], longestMs: 48 * 3_600_000 },
})

const row: EntityRow<typeof shifts> = {
  person: 'P7',
  site: 'S~1',
  start: '2026-03-01T08:00:00.000Z',
  end: '2026-03-01T16:00:00.000Z',
  kind: 'DAY',
  substitute_for: null,
  codes: [],
  fences: [{ lat: 1 }],
  confirmed: true,
}

test('the id of a row is its naming fields, and no two rows with different ones share it', () => {
  assert.equal(entityId(shifts, row), 'P7~S%7E1~2026-03-01T08:00:00.000Z')
  assert.notEqual(entityId(shifts, { ...row, person: 'P7~S', site: '1' }), entityId(shifts, { ...row, site: 'S~1' }))
  assert.notEqual(entityId(shifts, { ...row, site: 'S%7E1' }), entityId(shifts, row))
  assert.equal(entityId({ id: ['site'] }, row), 'S~1')
})

test('the columns of a file follow from the schema', () => {
  const shown = entityColumns(shifts.schema).map(({ name, cell, empty, wanted }) => [name, cell.form, empty, wanted])
  const time = 'a time such as 2026-03-10T12:00:00Z, from 1970 to 2100'
  assert.deepEqual(shown, [
    ['person', 'text', 'refused', 'a text'],
    ['site', 'text', 'refused', 'a text'],
    ['start', 'time', 'refused', time],
    ['end', 'time', 'refused', time],
    ['hours', 'whole', 'absent', 'a whole number'],
    ['kind', 'text', 'refused', 'one of DAY, NIGHT'],
    ['substitute_for', 'text', 'null', 'a text'],
    ['codes', 'list', 'list', 'texts, separated by ;'],
    ['fences', 'json', 'refused', 'JSON'],
    ['confirmed', 'boolean', 'refused', 'true or false'],
  ])
})

test('a name that no path can hold and a field that a file uses for something else are refused', () => {
  const schema = Type.Object({ id: Type.String(), ends: Type.String() })
  assert.throws(() => entity('shift', { schema, held: 'key', id: ['id'] }), /the column ends/)
  assert.throws(() => entity('Shift 1', { schema, held: 'key', id: ['id'] }), /cannot be called/)
})
