import assert from 'node:assert/strict'
import { test } from 'node:test'
import Type from 'typebox'
import type { Problem } from '../errors.ts'
import { checker, refuseNul } from './check.ts'

const errorsOf = (work: () => void): readonly (readonly [string, string, string])[] => {
  try {
    work()
  } catch (error) {
    return (error as Problem).errors.map(({ path, code, message }) => [path, code, message] as const)
  }
  return []
}

test('every wrong field is named once, with what it may be', () => {
  const check = checker(
    Type.Object(
      { mode: Type.Enum(['on', 'off']), reason: Type.String(), size: Type.Optional(Type.Integer({ maximum: 3 })) },
      { additionalProperties: false },
    ),
  )
  assert.deepEqual(
    errorsOf(() => check({ mode: 'on', reason: 'x' })),
    [],
  )
  assert.deepEqual(errorsOf(() => check({ mode: 'up', size: 4, extra: 1, more: 2 })).toSorted(), [
    ['extra', 'unknown_field', 'is no field of this body'],
    ['mode', 'not_allowed', 'must be one of on, off'],
    ['more', 'unknown_field', 'is no field of this body'],
    ['reason', 'required', 'is required'],
    ['size', 'too_large', 'must be <= 3'],
  ])
})

test('a text with a NUL is refused wherever it stands, names of fields included', () => {
  assert.deepEqual(
    errorsOf(() => refuseNul({ rows: [{ a: 'fine' }, { a: 'a\0b' }] })),
    [['rows.1.a', 'format', 'holds a NUL character']],
  )
  assert.deepEqual(
    errorsOf(() => refuseNul({ limits: { 'a\0': 1 } })),
    [['limits', 'format', 'holds a NUL character']],
  )
  assert.deepEqual(
    errorsOf(() => refuseNul({ a: [1, null, 'x', true] })),
    [],
  )
})
