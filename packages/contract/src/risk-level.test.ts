import assert from 'node:assert/strict'
import { test } from 'node:test'
import { riskLevel } from './risk-level.ts'

test('fact 38: .8, .799999, .6, .4, .2 and .199999 are CRITICAL, HIGH, HIGH, MEDIUM, LOW and MINIMAL', () => {
  const levels = [0.8, 0.799999, 0.6, 0.4, 0.2, 0.199999].map(riskLevel)
  assert.deepEqual(levels, ['CRITICAL', 'HIGH', 'HIGH', 'MEDIUM', 'LOW', 'MINIMAL'])
})
