import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomIds } from '../pipeline/ids.ts'
import { decisionTime } from './decision-time.ts'

test('the id of a decision says to the millisecond when it was recorded', () => {
  const at = new Date('2026-11-21T12:42:34.839Z')
  assert.deepEqual(decisionTime(randomIds().uuid(at)), at)
})

test('what is no time-ordered id has no time', () => {
  for (const id of [
    '',
    'x',
    'L1730483820123-a1b2c3',
    '00000000-0000-4000-8000-000000000001',
    `${'f'.repeat(8)}-ffff-7000-8000-${'0'.repeat(12)}`,
  ])
    assert.equal(decisionTime(id), null, id)
})
