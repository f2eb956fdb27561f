import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { answered } from '../testing/oracles.ts'
import { certifyRecord } from './certify-record.ts'
import { countRows, noCounts, type RecordCounts } from './counts.ts'
import { recordShares } from './cuts.ts'
import { type RecordTerms, recordOutlook, reviewsToUnlock } from './outlook.ts'
import { recordStarts } from './starts.ts'

const terms: RecordTerms = { starts: recordStarts(0.4), budgets: { alpha: 0.1, beta: null }, delta: 0.05 }

/** Cases of which the best share u of all is wrong with a chance that rises with u; the strictest cut of each. */
function rowsOf(seed: string, n: number, within: number, wrongAt: (u: number) => number) {
  const source = rng(seed)
  const cuts: number[] = []
  const y: number[] = []
  for (let i = 0; i < n; i++) {
    const u = within * source.uniform()
    cuts.push(recordShares.findLastIndex(share => u <= share))
    y.push(source.uniform() < wrongAt(u) ? 0 : 1)
  }
  return { cuts, y }
}
const counted = (rows: { cuts: number[]; y: number[] }, counts: RecordCounts = noCounts) =>
  countRows(counts, rows, 'yes')
const rising = (u: number): number => 0.25 * u

test('with no more rows the outlook is what the record certifies now', () => {
  for (const n of [0, 50, 400, 2000]) {
    const counts = counted(rowsOf('now', n, 1, rising))
    const { cuts } = answered(certifyRecord(counts, terms.starts, terms.budgets, terms.delta))
    assert.equal(answered(recordOutlook(counts, 0, terms)).loosest, cuts[0] ?? null, String(n))
  }
})

test('as many rows again: the outlook is that of twice the counts', () => {
  const rows = rowsOf('twice', 500, 1, rising)
  const once = counted(rows)
  const { loosest, share } = answered(recordOutlook(once, 500, terms))
  const twice = answered(certifyRecord(counted(rows, once), terms.starts, terms.budgets, terms.delta))
  assert.equal(loosest, twice.loosest)
  assert.equal(share, recordShares[twice.loosest!])
})

test('what is said of more rows comes true on average', () => {
  const lives = Array.from({ length: 200 }, (_, life) => {
    const early = rowsOf(`early ${life}`, 600, 1, rising)
    const late = rowsOf(`late ${life}`, 1800, 1, rising)
    const counts = counted(early)
    const found = answered(certifyRecord(counted(late, counts), terms.starts, terms.budgets, terms.delta)).loosest
    return { said: answered(recordOutlook(counts, 1800, terms)).share, is: found === null ? 0 : recordShares[found]! }
  })
  const mean = (of: (life: (typeof lives)[number]) => number) =>
    lives.reduce((sum, life) => sum + of(life), 0) / lives.length
  const [said, is] = [mean(life => life.said), mean(life => life.is)]
  assert.ok(is > 0.15, `${is} settled`)
  assert.ok(Math.abs(said - is) < 0.25 * is, `said ${said}, is ${is}`)
})

test('reviews to unlock: as many as are said, within a factor of two in most lives and near in the middle', () => {
  const region = recordShares.findLastIndex(share => share >= 0.6)
  const ratios = Array.from({ length: 200 }, (_, life) => {
    let counts = counted(rowsOf(`first ${life}`, 60, recordShares[region]!, rising))
    const said = answered(reviewsToUnlock(counts, region, null, terms)).reviews
    const more = rowsOf(`more ${life}`, 6000, recordShares[region]!, rising)
    let needed = 0
    while (answered(certifyRecord(counts, terms.starts, terms.budgets, terms.delta)).loosest === null) {
      if (needed === more.y.length) return { said, needed: null }
      counts = counted({ cuts: [more.cuts[needed]!], y: [more.y[needed]!] }, counts)
      needed++
    }
    return { said, needed }
  })
  assert.ok(ratios.every(({ needed }) => needed !== null))
  const known = ratios.filter(({ said, needed }) => said !== null && needed! > 0)
  assert.ok(known.length > 150, `${known.length} of 200 could be told`)
  const parts = known.map(({ said, needed }) => needed! / said!).sort((a, b) => a - b)
  const middle = parts[parts.length >> 1]!
  assert.ok(middle > 0.6 && middle < 1.7, `needed ${middle} of what was said, in the middle`)
  const near = parts.filter(part => part > 0.5 && part < 2).length / parts.length
  assert.ok(near > 0.5, `${near} within a factor of two`)
})

test('reviews of a region say nothing of what lies beyond it: no more is unlocked than the region holds', () => {
  // The least that a plan can be: nothing was counted, and the surest fortieth is asked for.
  const small: RecordTerms = { ...terms, starts: recordStarts(0.02) }
  const region = recordShares.findLastIndex(share => share >= 0.03)
  for (const counts of [noCounts, counted(rowsOf('few', 400, 1, rising))]) {
    const { reviews, loosest, share } = answered(reviewsToUnlock(counts, region, null, small))
    assert.ok(
      reviews !== null && loosest! >= region && share <= recordShares[region]!,
      JSON.stringify({ loosest, share }),
    )
  }
})

test('a clear that misses every case of class 1 has an outlook too', () => {
  // Without a threshold of the operator the loosest cut holds all cases, and whatever is of class 1 is wrong in it.
  const budgets = { alpha: 0.1, beta: 0.2 }
  const counts = countRows(
    noCounts,
    rowsOf('missed', 1000, 1, () => 0.98),
    'no',
  )
  assert.equal(counts.outside, 0)
  for (let more = 1; more < 200; more++) answered(recordOutlook(counts, more, { ...terms, budgets }))
})

test('what is certified already is not unlocked again: something looser is', () => {
  const counts = counted(rowsOf('beyond', 2000, 1, rising))
  const { loosest } = answered(recordOutlook(counts, 0, terms))
  const next = answered(reviewsToUnlock(counts, 0, loosest, terms))
  assert.ok(next.reviews !== null && next.reviews > 0 && next.loosest! < loosest!)
  assert.ok(next.share > recordShares[loosest!]!)
})

test('nothing unlocks what is wrong too often, and a million labels are the end', () => {
  const counts = counted(rowsOf('bad', 500, 1, () => 0.2))
  assert.deepEqual(answered(reviewsToUnlock(counts, 5, null, terms)), {
    ok: true,
    reviews: null,
    loosest: null,
    share: 0,
  })
})

test('of an empty record: the faultless rows of the table, in the weight of the looser chain', () => {
  // Of cases drawn from the first cut of the second chain all lie in it, and 47 faultless ones are enough at .7.
  const start = terms.starts[1]!.cut
  assert.equal(answered(reviewsToUnlock(noCounts, start, null, terms)).reviews, 47)
})

test('budgets and delta outside (0, 1), and cuts and rows that there are not, are refused', () => {
  assert.equal(recordOutlook(noCounts, 0, { ...terms, delta: 1 }).ok, false)
  assert.equal(reviewsToUnlock(noCounts, 0, null, { ...terms, delta: 0 }).ok, false)
  assert.throws(() => recordOutlook(noCounts, -1, terms), RangeError)
  assert.throws(() => reviewsToUnlock(noCounts, 64, null, terms), RangeError)
})
