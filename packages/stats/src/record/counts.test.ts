import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { type CutRows, countRows, cutTotals, noCounts, takeBackRows } from './counts.ts'

const draw = rng('record counts')
const n = 3000
const cuts = Int8Array.from({ length: n }, () => draw.int(65) - 1)
const y = Uint8Array.from({ length: n }, () => draw.int(2))
const all: CutRows = { cuts, y }
const part = (from: number, to: number): CutRows => ({ cuts: cuts.subarray(from, to), y: y.subarray(from, to) })

for (const side of ['yes', 'no'] as const) {
  const counts = countRows(noCounts, all, side)

  test(`${side}: a cut holds the rows of all stricter cuts, and the wrong ones among them`, () => {
    const totals = cutTotals(counts)
    for (let cut = 0; cut < 64; cut++) {
      const inside = [...cuts.keys()].filter(i => cuts[i]! >= cut)
      assert.equal(totals.rows[cut], inside.length)
      assert.equal(totals.wrong[cut], inside.filter(i => y[i] === (side === 'yes' ? 0 : 1)).length)
    }
    assert.deepEqual([totals.all, totals.positives], [n, y.reduce((a, b) => a + b, 0)])
  })

  test(`${side}: rows in another order, one by one or in parts give the same counts`, () => {
    const order = Uint32Array.from(cuts.keys()).sort((a, b) => ((a * 7919) % 3001) - ((b * 7919) % 3001))
    const mixed = { cuts: Int8Array.from(order, i => cuts[i]!), y: Uint8Array.from(order, i => y[i]!) }
    assert.deepEqual(countRows(noCounts, mixed, side), counts)
    let parts = noCounts
    for (let from = 0; from < n; from += 77) parts = countRows(parts, part(from, Math.min(n, from + 77)), side)
    assert.deepEqual(parts, counts)
    let single = noCounts
    for (let i = 0; i < 300; i++) single = countRows(single, part(i, i + 1), side)
    assert.deepEqual(single, countRows(noCounts, part(0, 300), side))
  })

  test(`${side}: what is taken back leaves no trace, and a changed label counts as if it had been so from the start`, () => {
    assert.deepEqual(takeBackRows(counts, part(1000, n), side), countRows(noCounts, part(0, 1000), side))
    assert.deepEqual(takeBackRows(counts, all, side), noCounts)
    const changed = y.map((label, i) => (i % 3 === 0 ? 1 - label : label))
    const [old, late] = [
      { cuts: cuts.filter((_, i) => i % 3 === 0), y: y.filter((_, i) => i % 3 === 0) },
      { cuts: cuts.filter((_, i) => i % 3 === 0), y: changed.filter((_, i) => i % 3 === 0) },
    ]
    assert.deepEqual(
      countRows(takeBackRows(counts, old, side), late, side),
      countRows(noCounts, { cuts, y: changed }, side),
    )
  })
}

test('counting leaves the counts before as they were', () => {
  const before = countRows(noCounts, part(0, 50), 'yes')
  const kept = structuredClone(before)
  countRows(before, all, 'yes')
  assert.deepEqual(before, kept)
  assert.deepEqual([noCounts.outside, noCounts.positives, Math.max(...noCounts.rows)], [0, 0, 0])
})

test('cuts and labels that there are not, and rows that were never counted, throw', () => {
  for (const rows of [
    { cuts: [64], y: [0] },
    { cuts: [-2], y: [0] },
    { cuts: [0.5], y: [0] },
    { cuts: [0], y: [2] },
    { cuts: [0, 1], y: [0] },
  ])
    assert.throws(() => countRows(noCounts, rows, 'yes'), RangeError)
  const one = countRows(noCounts, { cuts: [5], y: [1] }, 'yes')
  for (const rows of [
    { cuts: [5], y: [0] },
    { cuts: [4], y: [1] },
    { cuts: [-1], y: [1] },
    { cuts: [5, 5], y: [1, 1] },
  ])
    assert.throws(() => takeBackRows(one, rows, 'yes'), RangeError)
})
