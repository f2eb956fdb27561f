import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certifyRecord, countRows, noCounts, recordShares, recordStarts } from '@surety/stats'
import { fewestToCertify, recordLack, unlockingCut } from './record-lack.ts'

const starts = recordStarts(0.3)
const main = starts.at(-1)!.cut
const act = { alpha: 0.1, missBudget: null }
const clear = { alpha: 0.1, missBudget: 0.2 }
const put = (cut: number, rows: number, ones: number, side: 'yes' | 'no', before = noCounts) =>
  countRows(
    before,
    { cuts: Array(rows).fill(cut), y: Array.from({ length: rows }, (_, i) => (i < ones ? 1 : 0)) },
    side,
  )

test('the rows that are still needed are counted inside the main start, at the share of wrong ones so far', () => {
  const none = recordLack({ action: act, starts, counts: noCounts, delta: 0.05 })
  assert.deepEqual([none.code, none.have, none.need], ['too_few_labels', 0, 47])
  assert.equal(none.need, fewestToCertify({ alpha: 0.1, delta: 0.05 }))
  const some = recordLack({ action: act, starts, counts: put(main, 40, 38, 'yes'), delta: 0.05 })
  assert.deepEqual([some.code, some.have, some.need, some.share], ['too_few_labels', 40, 276, recordShares[main]])
  assert.match(
    some.sentence,
    /^40 cases at least this sure so far, 2 wrong\. At this rate about 236 more are needed, and then about 10.2 % of cases/,
  )
  // What lies outside that cut is not counted for it.
  assert.equal(recordLack({ action: act, starts, counts: put(main - 1, 500, 500, 'yes'), delta: 0.05 }).have, 0)
})

test('too many wrong ones are said to be that, and not a matter of more outcomes', () => {
  const lack = recordLack({ action: act, starts, counts: put(main, 100, 85, 'yes'), delta: 0.05 })
  assert.deepEqual([lack.code, lack.have], ['error_too_high', 100])
  assert.match(lack.sentence, /15 of the 100 cases that are surest were wrong, 15 %; the budget allows 10 %/)
})

test('a clear that is right often enough may still lack cases of class 1, or clear too many of them', () => {
  const few = put(main, 200, 1, 'no', put(-1, 8, 8, 'no'))
  const lack = recordLack({ action: clear, starts, counts: few, delta: 0.05 })
  assert.deepEqual([lack.code, lack.have, lack.need > 20], ['too_few_positives', 9, true])
  const missing = recordLack({
    action: clear,
    starts,
    counts: put(main, 400, 4, 'no', put(-1, 6, 6, 'no')),
    delta: 0.05,
  })
  assert.deepEqual([missing.code, missing.have], ['miss_budget', 10])
  assert.match(missing.sentence, /4 of 10 labelled positives would have been cleared, 40 %; the budget allows 20 %/)
})

test('with the rows that it names the record certifies, with one less it does not', () => {
  for (const delta of [0.05, 0.0125]) {
    const counts = (rows: number) => put(main, rows, rows, 'yes')
    const { need } = recordLack({ action: act, starts, counts: noCounts, delta })
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
