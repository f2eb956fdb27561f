import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { recordEvidence } from './evidence.ts'
import { countedByCoin, labelsComplete } from './label-completeness.ts'

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
