import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { certifyRecord, cutBounds, recordDelta, recordEvidences } from './certify-record.ts'
import { countRows, cutTotals, noCounts } from './counts.ts'
import { recordEvidence } from './evidence.ts'
import { recordStarts } from './starts.ts'

/** So many rows of one cut, so many of them of class 1. */
const rowsOf = (cut: number, rows: number, positives: number) => ({
  cuts: Array.from({ length: rows }, () => cut),
  y: Array.from({ length: rows }, (_, i) => (i < positives ? 1 : 0)),
})
const starts = recordStarts(0.3)
const acts = { alpha: 0.1, beta: null }

test('the evidence of each cut is that of its counts; without rows it is nothing', () => {
  const counts = countRows(countRows(noCounts, rowsOf(40, 100, 97), 'yes'), rowsOf(20, 50, 40), 'yes')
  const evidence = recordEvidences(cutTotals(counts), acts)
  for (let cut = 0; cut < 64; cut++) {
    const expected = cut > 40 ? 0 : cut > 20 ? recordEvidence(3, 100, 0.1) : recordEvidence(13, 150, 0.1)
    assert.equal(evidence[cut], expected)
  }
})

test('a clear has the evidence of the worse of its two budgets, each at the whole delta', () => {
  // Of 400 cleared 4 came out yes, and 30 did in all: at 20 % of them, too many to say for sure.
  const counts = countRows(countRows(noCounts, rowsOf(30, 400, 4), 'no'), rowsOf(-1, 26, 26), 'no')
  const totals = cutTotals(counts)
  const both = recordEvidences(totals, { alpha: 0.05, beta: 0.2 })
  assert.equal(both[30], Math.min(recordEvidence(4, 400, 0.05), recordEvidence(4, 30, 0.2)))
  assert.ok(recordEvidence(4, 400, 0.05) > Math.log(20) && both[30]! < Math.log(20))
  const one = [{ cut: 30, weight: 1 }]
  assert.equal(answered(certifyRecord(counts, one, { alpha: 0.05, beta: null }, 0.05)).loosest, 0)
  assert.equal(answered(certifyRecord(counts, one, { alpha: 0.05, beta: 0.2 }, 0.05)).loosest, null)
  assert.equal(answered(certifyRecord(counts, one, { alpha: 0.05, beta: 0.5 }, 0.05)).loosest, 0)
})

test('without a case of class 1 nothing can be cleared under a miss budget', () => {
  const counts = countRows(noCounts, rowsOf(30, 5000, 0), 'no')
  assert.equal(answered(certifyRecord(counts, starts, { alpha: 0.05, beta: 0.2 }, 0.05)).loosest, null)
  assert.equal(answered(certifyRecord(counts, starts, { alpha: 0.05, beta: null }, 0.05)).loosest, 0)
})

test('97 faultless rows at 5 % certify the main chain, 95 do not', () => {
  const budgets = { alpha: 0.05, beta: null }
  const main = starts[1]!.cut
  // The strict chain has no row, which is evidence of 1 and lends the main one its three tenths.
  const loosest = (rows: number) =>
    answered(certifyRecord(countRows(noCounts, rowsOf(main, rows, rows), 'yes'), starts, budgets, 0.05)).loosest
  assert.deepEqual([loosest(97), loosest(95)], [0, null])
})

test('a smaller delta asks for more, and each halving for as much again', () => {
  const counts = countRows(noCounts, rowsOf(60, 45, 45), 'yes')
  assert.deepEqual(
    [0, 1, 2].map(halvings => recordDelta(0.05, halvings)),
    [0.05, 0.025, 0.0125],
  )
  const loosest = (halvings: number) =>
    answered(certifyRecord(counts, starts, acts, recordDelta(0.05, halvings))).loosest
  assert.deepEqual([loosest(0), loosest(1)], [0, null])
  assert.throws(() => recordDelta(0.05, -1), RangeError)
  assert.throws(() => recordDelta(0, 1), RangeError)
})

test('the bounds of a cut are what its sentence says', () => {
  const act = countRows(noCounts, rowsOf(12, 1214, 1143), 'yes')
  const { rows, wrong, upper, missUpper } = cutBounds(cutTotals(act), 12, 'yes', 0.05)
  assert.deepEqual([rows, wrong, missUpper], [1214, 71, null])
  assertClose(upper, 0.081, 0.01)
  const clear = countRows(countRows(noCounts, rowsOf(12, 500, 3), 'no'), rowsOf(-1, 90, 80), 'no')
  const bounds = cutBounds(cutTotals(clear), 12, 'no', 0.05)
  assert.ok(bounds.missUpper! > 3 / 83 && bounds.missUpper! < 0.2)
})

test('budgets and deltas outside (0, 1) are refused', () => {
  for (const bad of [0, 1, NaN]) {
    assert.equal(codeOf(certifyRecord(noCounts, starts, { alpha: bad, beta: null }, 0.05)), 'out_of_range')
    assert.equal(codeOf(certifyRecord(noCounts, starts, { alpha: 0.1, beta: bad }, 0.05)), 'out_of_range')
    assert.equal(codeOf(certifyRecord(noCounts, starts, acts, bad)), 'out_of_range')
  }
})
