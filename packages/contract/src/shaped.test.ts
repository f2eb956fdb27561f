import assert from 'node:assert/strict'
import { test } from 'node:test'
import Type from 'typebox'
import { kind } from './kind.ts'

const schema = Type.Object({
  box: Type.String({ minLength: 1 }),
  size: Type.Optional(Type.Enum(['small', 'large'])),
  lines: Type.Optional(Type.Array(Type.Object({ of: Type.Number({ maximum: 9 }) }))),
})
const stored = kind('parcel.stored', { schema })
const read = (data: unknown) => stored.read(data, { now: new Date(0), settings: {} })

test('a kind reads by its schema: what it names is the payload, what it does not is listed', () => {
  assert.deepEqual(read({ box: 'B1', lines: [{ of: 2, note: 'x' }], odd: 1, 'x\ud800': 2 }), {
    ok: true,
    event: { payload: { box: 'B1', lines: [{ of: 2, note: 'x' }] }, ignored: ['odd', 'x\ufffd'] },
  })
})

test('what is wrong is said once of each field, by its path', () => {
  const errors = (data: unknown) => {
    const result = read(data)
    return result.ok ? [] : result.errors.map(({ path, code, message }) => `${path}: ${code}, ${message}`)
  }
  assert.deepEqual(errors({ size: 'huge', lines: [{ of: 10 }, {}] }), [
    'box: required, is required',
    'size: not_allowed, must be one of small, large',
    'lines.0.of: too_large, must be <= 9',
    'lines.1.of: required, is required',
  ])
  assert.deepEqual(errors(null), [': type, must be object'])
  assert.deepEqual(errors({ box: 'B\0' }), ['box: nul, holds a NUL character'])
  assert.deepEqual(errors({ box: 'B', odd: { 'a\0': 1 } }), ['odd: nul, holds a NUL character'])
})

test('what a database would not give back the same is mended: half characters, minus zero', () => {
  const result = read({ box: 'B\ud800', lines: [{ of: -0, 'n\udc00': '\udc00' }] })
  assert.deepEqual(result.ok && result.event.payload, {
    box: 'B\ufffd',
    lines: [{ of: 0, 'n\ufffd': '\ufffd' }],
  })
})
