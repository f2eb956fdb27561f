import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certifyRecord, countRows, noCounts, type RecordCounts, recordShares, recordStarts, rng } from '@surety/stats'
import { podNamed } from '../../../pods.ts'
import type { KeptRecord } from '../../../store/records.ts'
import { outlookView } from './outlook-view.ts'

const action = podNamed('table').questions[0].actions.act!
const { alpha, delta } = action

/** Of the best share u of all a quarter of u is wrong. */
function counted(n: number, side: 'yes' | 'no' = 'yes'): RecordCounts {
  const draw = rng(`outlook ${n}`)
  const cuts: number[] = []
  const y: number[] = []
  for (let i = 0; i < n; i++) {
    const u = draw.uniform()
    cuts.push(recordShares.findLastIndex(share => u <= share))
    const wrong = draw.uniform() < 0.25 * u
    y.push(wrong === (side === 'yes') ? 0 : 1)
  }
  return countRows(noCounts, { cuts, y }, side)
}

const recordWith = (counts: RecordCounts, change: Partial<KeptRecord> = {}): KeptRecord =>
  ({
    plan: 0.4,
    starts: recordStarts(0.4),
    suspensions: 0,
    budgetChanges: 0,
    budget: { alpha, delta, missBudget: null, smallestRate: 0.02 },
    counts,
    side: 'act',
    ...change,
  }) as KeptRecord
/** A version whose score is the share of decisions that are no better. */
const thresholds = recordShares.map(share => 1 - share)
const view = (record: KeptRecord, acted: number | null = null, floor = 0.5) =>
  outlookView({ action, record, thresholds, acted, certified: acted, floor, covered: recordShares, beside: 0 })!

test('before anything is certified it says how many reviews, of which scores, would certify how much', () => {
  const { share, unlock, with_more_labels } = view(recordWith(counted(150)))
  assert.equal(share, 0)
  assert.ok(unlock !== null && unlock.reviews > 0 && unlock.share > 0)
  // One and a half times the plan of .4, and nothing below the threshold of the operator.
  assert.ok(unlock.from >= 0.5 - 1e-12 && unlock.from < 0.6, String(unlock.from))
  assert.equal(unlock.to, 1)
  assert.deepEqual(
    with_more_labels.map(({ more }) => more),
    [100, 500, 2000],
  )
  assert.ok(with_more_labels[2]!.share > with_more_labels[0]!.share)
})

test('what is done by itself is not asked: reviews are of scores up to where that begins, for something looser', () => {
  const counts = counted(3000)
  const record = recordWith(counts)
  const found = certifyRecord(counts, record.starts, { alpha, beta: null }, delta)
  assert.ok(found.ok && found.loosest !== null)
  const { share, unlock } = view(record, found.loosest, 0)
  assert.equal(share, recordShares[found.loosest])
  assert.equal(unlock!.to, thresholds[found.loosest])
  assert.ok(unlock!.from < unlock!.to && unlock!.share > share)
})

test('another budget: more or less on the same cases, tested at half of delta as its change would be', () => {
  const counts = counted(1200)
  const { with_other_budgets: others } = view(recordWith(counts))
  const at = (budget: number, d: number) => {
    const found = certifyRecord(counts, recordStarts(0.4), { alpha: budget, beta: null }, d)
    return found.ok && found.loosest !== null ? recordShares[found.loosest]! : 0
  }
  assert.deepEqual(
    others,
    [0.5, 1.5, 2].map(part => {
      const budget = Number((part * alpha).toPrecision(12))
      const share = at(budget, delta / 2)
      return { alpha: budget, share, asked_per_100: 100 * (1 - share) }
    }),
  )
  assert.ok(others[0]!.share < others[2]!.share)
})

test('of what is wrong too often no number of reviews certifies anything, and without cuts nobody knows which to ask', () => {
  const draw = rng('bad')
  const cuts = Array.from({ length: 500 }, () => draw.int(64))
  const bad = countRows(noCounts, { cuts, y: cuts.map(() => (draw.uniform() < 0.3 ? 0 : 1)) }, 'yes')
  assert.equal(view(recordWith(bad)).unlock, null)
  const of = {
    action,
    record: recordWith(counted(150)),
    acted: null,
    certified: null,
    floor: 0.5,
    covered: recordShares,
    beside: 0,
  }
  assert.equal(outlookView({ ...of, thresholds: null })!.unlock, null)
})
