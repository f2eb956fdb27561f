import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { recordEvidence } from './evidence.ts'
import { countedByCoin, countMissing, labelsComplete } from './label-completeness.ts'

test('nine tenths of the mature cases in the region are enough, and nothing mature lacks nothing', () => {
  assert.deepEqual([labelsComplete(90, 100), labelsComplete(89, 100), labelsComplete(0, 0)], [true, false, true])
})

test('below that a row counts by its coin alone, at the smallest rate of the record', () => {
  assert.deepEqual([...countedByCoin(Float64Array.of(0, 0.0199, 0.02, 0.9), 0.02)], [1, 1, 0, 0])
  assert.deepEqual([...countedByCoin(Float64Array.of(0, 0.999), 1)], [1, 1])
  for (const bad of [0, 1.1, NaN]) assert.throws(() => countedByCoin(Float64Array.of(0.5), bad), RangeError)
})

test('where wrong ones lose their labels, counting all is fooled and counting by the coin is not', () => {
  const source = rng('incomplete labels')
  const [lives, rows, rate, alpha] = [60, 4000, 0.2, 0.1]
  const fooled = { all: 0, coin: 0 }
  for (let life = 0; life < lives; life++) {
    const coins = Float64Array.from({ length: rows }, () => source.uniform())
    // A tenth above the budget; whoever is drawn gets a label, of the others half of the wrong ones do.
    const wrong = Uint8Array.from(coins, () => (source.uniform() < 1.1 * alpha ? 1 : 0))
    const labelled = wrong.map((bad, i) => (coins[i]! < rate || bad === 0 || source.uniform() < 0.5 ? 1 : 0))
    const evidence = (counts: (i: number) => boolean) => {
      const own = wrong.filter((_, i) => labelled[i] === 1 && counts(i))
      return recordEvidence(
        own.reduce((sum, bad) => sum + bad, 0),
        own.length,
        alpha,
      )
    }
    const counted = countedByCoin(coins, rate)
    if (evidence(() => true) >= Math.log(20)) fooled.all++
    if (evidence(i => counted[i] === 1) >= Math.log(20)) fooled.coin++
  }
  assert.deepEqual(fooled, { all: lives, coin: 0 })
})

const perCut = (of: { readonly [cut: number]: number }): number[] =>
  Array.from({ length: 64 }, (_, cut) => of[cut] ?? 0)

test('what has no label counts as wrong inside its cut, and what an eighth of the budget spares does not', () => {
  const counts = { rows: perCut({ 5: 600, 20: 380 }), wrong: perCut({ 5: 12, 20: 3 }), outside: 70, positives: 40 }
  const yes = countMissing(counts, perCut({ 20: 20 }), 'yes', 0.1)
  // Inside cut 20 an eighth of .1 spares 5 of the 400, inside cut 5 12 of the 1,000 would be spared; what was added stays.
  assert.deepEqual([yes.assumed[0], yes.assumed[5], yes.assumed[20], yes.assumed[21]], [15, 15, 15, 0])
  assert.deepEqual([yes.counts.rows[20], yes.counts.wrong[20], yes.counts.rows[5]], [395, 18, 600])
  assert.deepEqual([yes.counts.positives, yes.counts.outside], [40, 70])
  assert.equal(countMissing(counts, perCut({ 20: 20 }), 'no', 0.1).counts.positives, 55)
  assert.deepEqual(countMissing(counts, perCut({ 20: 4 }), 'yes', 0.1).counts, counts)
  assert.deepEqual(countMissing(counts, perCut({}), 'no', 0.1), { counts, assumed: perCut({}) })
})

test('in each cut as many are added as are missing beyond that, rounded up, however they lie', () => {
  const source = rng('missing')
  for (let run = 0; run < 300; run++) {
    const rows = Array.from({ length: 64 }, () => source.int(30))
    const missing = rows.map(() => (source.uniform() < 0.3 ? source.int(5) : 0))
    const counts = { rows, wrong: rows.map(n => source.int(n + 1)), outside: 10, positives: 3000 }
    const alpha = 0.01 + 0.4 * source.uniform()
    const { assumed } = countMissing(counts, missing, 'no', alpha)
    for (let cut = 0; cut < 64; cut++) {
      const without = missing.slice(cut).reduce((sum, n) => sum + n, 0)
      const all = without + rows.slice(cut).reduce((sum, n) => sum + n, 0)
      assert.ok(assumed[cut]! >= without - 0.125 * alpha * all - 1e-9 && assumed[cut]! <= without)
      assert.ok(assumed[cut]! >= (assumed[cut + 1] ?? 0))
    }
  }
})
