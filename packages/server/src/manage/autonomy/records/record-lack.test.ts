import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certifyRecord, countRows, noCounts, recordShares, recordStarts } from '@surety/stats'
import { fewestToCertify, type LackingRecord, recordLack, unlockingCut } from './record-lack.ts'

const starts = recordStarts(0.3)
const main = starts.at(-1)!.cut
const act = { alpha: 0.1, missBudget: null }
const clear = { alpha: 0.1, missBudget: 0.2 }
/** Of the newest decisions: the operator's threshold holds a part of what the cut alone would. */
const covered = recordShares.map(share => share / 2)
const put = (cut: number, rows: number, ones: number, side: 'yes' | 'no', before = noCounts) =>
  countRows(
    before,
    { cuts: Array(rows).fill(cut), y: Array.from({ length: rows }, (_, i) => (i < ones ? 1 : 0)) },
    side,
  )
/** Where every case has its outcome. */
const lackOf = (record: Omit<LackingRecord, 'assumed' | 'covered'> & Partial<LackingRecord>) =>
  recordLack({ assumed: [], covered, ...record })

test('the rows that are still needed are counted inside the main start, at the share of wrong ones so far', () => {
  const none = lackOf({ action: act, starts, counts: noCounts, delta: 0.05 })
  assert.deepEqual([none.code, none.have, none.need], ['too_few_labels', 0, 47])
  assert.equal(none.need, fewestToCertify({ alpha: 0.1, delta: 0.05 }))
  const some = lackOf({ action: act, starts, counts: put(main, 40, 38, 'yes'), delta: 0.05 })
  assert.deepEqual([some.code, some.have, some.need, some.share], ['too_few_labels', 40, 276, covered[main]])
  assert.match(
    some.sentence,
    /^40 cases at least this sure so far, 2 wrong\. At this rate about 236 more are needed, and then about 5.1 % of cases/,
  )
  const unknown = lackOf({ action: act, starts, counts: noCounts, delta: 0.05, covered: null })
  assert.deepEqual([unknown.share, /done without a person/.test(unknown.sentence)], [null, false])
  // What lies outside that cut is not counted for it.
  assert.equal(lackOf({ action: act, starts, counts: put(main - 1, 500, 500, 'yes'), delta: 0.05 }).have, 0)
})

test('too many wrong ones are said to be that where they prove it, and else that they are too few', () => {
  const of = (rows: number, ones: number) =>
    lackOf({ action: act, starts, counts: put(main, rows, ones, 'yes'), delta: 0.05 })
  const many = of(400, 340)
  assert.deepEqual([many.code, many.have], ['error_too_high', 400])
  assert.match(
    many.sentence,
    /60 of the 400 surest cases were wrong, 15 % \(at least 12.1 %, 95 % sure\); the budget allows 10 %/,
  )
  // The same share of twenty may well be chance.
  const few = of(20, 17)
  assert.deepEqual([few.code, few.have, few.need, few.share], ['not_enough_evidence', 20, 47, covered[main]])
  assert.match(
    few.sentence,
    /^Not enough evidence yet: 3 of the 20 surest cases were wrong\. The budget allows 10 %; 20 cases tell no more than that it is at least 4.2 % in the long run/,
  )
  assert.match(of(1, 0).sentence, /1 of the 1 surest case was wrong/)
  // Clopper and Pearson by SciPy, one-sided: 15 of 100 at least 9.5 %, 16 of 100 at least 10.3 %.
  assert.deepEqual([of(100, 85).code, of(100, 84).code], ['not_enough_evidence', 'error_too_high'])
})

test('cases without an outcome may make a record fail, and prove no error', () => {
  const counts = put(main, 300, 255, 'yes')
  const assumed = recordShares.map((_, cut) => (cut <= main ? 30 : 0))
  const lack = lackOf({ action: act, starts, counts, assumed, delta: 0.05 })
  assert.deepEqual([lack.code, lack.have], ['not_enough_evidence', 270])
  assert.match(lack.sentence, /15 of the 270 surest cases were wrong \(30 cases without an outcome/)
})

test('a clear that is right often enough may still lack cases of class 1, or clear too many of them', () => {
  const few = put(main, 200, 1, 'no', put(-1, 8, 8, 'no'))
  const lack = lackOf({ action: clear, starts, counts: few, delta: 0.05 })
  assert.deepEqual([lack.code, lack.have, lack.need > 20], ['too_few_positives', 9, true])
  const missing = (cleared: number, found: number) =>
    lackOf({
      action: clear,
      starts,
      counts: put(main, 100 * cleared, cleared, 'no', put(-1, found, found, 'no')),
      delta: 0.05,
    })
  const many = missing(20, 30)
  assert.deepEqual([many.code, many.have], ['miss_budget', 50])
  assert.match(
    many.sentence,
    /20 of 50 labelled positives would have been cleared, 40 % \(at least 28.3 %, 95 % sure\); the budget allows 20 %/,
  )
  const unclear = missing(4, 6)
  assert.deepEqual([unclear.code, unclear.have], ['not_enough_evidence', 10])
  assert.match(
    unclear.sentence,
    /^Not enough evidence yet: 4 of 10 labelled positives would have been cleared\. The budget/,
  )
})

test('with the rows that it names the record certifies, with one less it does not', () => {
  for (const delta of [0.05, 0.0125]) {
    const counts = (rows: number) => put(main, rows, rows, 'yes')
    const { need } = lackOf({ action: act, starts, counts: noCounts, delta })
    const loosest = (rows: number) => {
      const found = certifyRecord(counts(rows), starts, { alpha: 0.1, beta: null }, delta)
      assert.ok(found.ok)
      return found.loosest
    }
    assert.notEqual(loosest(need), null)
    // The strict chain is empty and lends a little of its weight: a row or two less may do.
    assert.equal(loosest(need - 4), null)
  }
})

test('cases are asked for inside one and a half times the plan', () => {
  assert.equal(unlockingCut(0.8, recordStarts(0.8)), 0)
  const cut = unlockingCut(0.3, starts)
  assert.ok(recordShares[cut]! >= 0.45 && recordShares[cut + 1]! < 0.45)
  const guessed = unlockingCut(null, starts)
  assert.ok(Math.abs(guessed - cut) <= 1, 'the main start is a third of the plan')
})
