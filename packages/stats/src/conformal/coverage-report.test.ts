import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clopperPearson } from '../intervals/clopper-pearson.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { coverageReport } from './coverage-report.ts'

test('the report counts coverage per class with its interval, and kinds that add up', () => {
  const report = answered(coverageReport(Uint8Array.of(0, 1, 1, 2, 3, 3, 1), Uint8Array.of(0, 0, 1, 1, 1, 0, 0)))
  assert.deepEqual(report.kinds, [1, 3, 1, 2])
  assert.deepEqual(report.coverage[0], clopperPearson(3, 4))
  assert.deepEqual(report.coverage[1], clopperPearson(2, 3))
  assert.equal(report.undecided, 2 / 7)
})

test('a class without rows has no coverage; nothing and numbers that are no sets are refused', () => {
  assert.equal(answered(coverageReport(Uint8Array.of(1), Uint8Array.of(0))).coverage[1], null)
  assert.equal(codeOf(coverageReport(new Uint8Array(0), new Uint8Array(0))), 'empty')
  assert.equal(codeOf(coverageReport(Uint8Array.of(4), Uint8Array.of(0))), 'out_of_range')
  assert.equal(codeOf(coverageReport(Uint8Array.of(1), Uint8Array.of(0), 1)), 'out_of_range')
  assert.throws(() => coverageReport(Uint8Array.of(1), new Uint8Array(2)), RangeError)
})
