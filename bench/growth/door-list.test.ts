import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routes } from '@surety/contract'
import { doorsOf, leftOut } from './door-list.ts'
import type { Service } from './service.ts'

test('every route is asked at a million leads, or it is said why not', () => {
  const unused = {} as Service
  const asked = doorsOf(unused, { leads: ['L1'], decision: '' }).map(({ route }) => route as string)
  const known = [...asked, ...Object.keys(leftOut)]
  assert.deepEqual(
    Object.keys(routes).filter(name => !known.includes(name)),
    [],
  )
  assert.deepEqual(
    Object.keys(leftOut).filter(name => asked.includes(name) || !(name in routes)),
    [],
  )
})
