import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered, recordFixture } from '../testing/oracles.ts'
import { coveredShare, cutOf, cutsOf, recordCuts, recordShares } from './cuts.ts'

const draw = rng('record cuts')
const scores = Float64Array.from({ length: 2000 }, () => draw.uniform())
const cutsFor = (...args: Parameters<typeof recordCuts>) => answered(recordCuts(...args))

test('a cut ends at the place that exact fractions say: 1,100 of 1,331 at the second, not 1,101', () => {
  for (const { n, cut, place } of recordFixture.places) {
    const rising = Float64Array.from({ length: n }, (_, i) => i)
    assert.equal(cutsFor(rising, 'no').thresholds[cut], place - 1, `cut ${cut} of ${n}`)
    assert.equal(cutsFor(rising, 'yes').thresholds[cut], n - place, `cut ${cut} of ${n}`)
  }
})

test('there are 64 cuts, each a tenth larger than the next, and each holds its share of the newest decisions', () => {
  assert.equal(recordShares.length, 64)
  for (const side of ['yes', 'no'] as const) {
    const cuts = cutsFor(scores, side)
    recordShares.forEach((share, cut) => {
      const inside = scores.filter(score =>
        side === 'yes' ? score >= cuts.thresholds[cut]! : score <= cuts.thresholds[cut]!,
      )
      assert.equal(inside.length, Math.ceil(share * 2000 - 1e-9))
    })
  }
})

test('a case lies in its strictest cut and in all looser ones, and nowhere where no cut holds it', () => {
  for (const side of ['yes', 'no'] as const) {
    const cuts = cutsFor(scores, side)
    for (const score of [
      ...scores.subarray(0, 200),
      -1,
      2,
      cuts.thresholds[0]!,
      cuts.thresholds[63]!,
      cuts.thresholds[7]!,
    ]) {
      const held = cuts.thresholds.map(t => (side === 'yes' ? score >= t : score <= t))
      assert.equal(cutOf(cuts, score), held.lastIndexOf(true))
      assert.equal(held.filter(Boolean).length, cutOf(cuts, score) + 1)
    }
  }
})

test('all that tie with the threshold lie inside', () => {
  const rough = scores.map(score => Math.round(score * 8) / 8)
  for (const side of ['yes', 'no'] as const) {
    const cuts = cutsFor(rough, side)
    const placed = cutsOf(cuts, rough)
    for (const value of new Set(rough)) assert.equal(new Set(placed.filter((_, i) => rough[i] === value)).size, 1)
    for (const [cut, share] of recordShares.entries())
      assert.ok(placed.filter(one => one >= cut).length >= share * 2000 - 1e-6)
  }
  const flat = cutsFor(new Float64Array(60).fill(0.5), 'yes')
  assert.deepEqual([cutOf(flat, 0.5), cutOf(flat, 0.4), flat.n], [63, -1, 60])
})

test("the operator's threshold is a condition on top: the stricter of both holds", () => {
  const yes = cutsFor(scores, 'yes', 0.7)
  assert.deepEqual([cutOf(yes, 0.69), cutOf(yes, 0.7) >= 0, yes.thresholds[63]! > 0.7], [-1, true, true])
  assert.equal(Math.min(...yes.thresholds), 0.7)
  const no = cutsFor(scores, 'no', 0.3)
  assert.deepEqual([cutOf(no, 0.31), cutOf(no, 0.3) >= 0, no.thresholds[63]! < 0.3], [-1, true, true])
  assert.equal(Math.max(...no.thresholds), 0.3)
  assert.equal(cutOf(cutsFor(scores, 'yes', 5), 1), -1)
})

test('scores mapped by something that rises give the same cuts of the same cases', () => {
  const maps = [
    (s: number) => 3 * Math.log((s + 1e-9) / (1 - s)),
    (s: number) => s / 2 + 40,
    (s: number) => Math.round(s * 2 ** 20),
  ]
  for (const map of maps)
    for (const side of ['yes', 'no'] as const) {
      const limit = side === 'yes' ? 0.2 : 0.9
      // Rounded first, so that the last map joins nothing that was apart.
      const exact = scores.map(score => Math.round(score * 2 ** 20) / 2 ** 20)
      const mapped = cutsFor(exact.map(map), side, map(limit === 0.2 ? 2 ** -2 : limit))
      const plain = cutsFor(exact, side, limit === 0.2 ? 2 ** -2 : limit)
      assert.deepEqual(cutsOf(mapped, exact.map(map)), cutsOf(plain, exact))
    }
})

test('the newest 2,000 decisions count, those without a score do not, and fewer than 50 give no cuts', () => {
  const late = Float64Array.of(...new Float64Array(500).fill(9), NaN, ...scores)
  assert.deepEqual(cutsFor(late, 'yes'), cutsFor(scores, 'yes'))
  const few = recordCuts(Float64Array.of(NaN, ...scores.subarray(0, 49)), 'yes')
  assert.deepEqual(few.ok ? null : [few.code, few.have, few.need], ['too_few', 49, 50])
  assert.equal(cutsFor(scores.subarray(0, 50), 'yes').n, 50)
  assert.equal(codeOf(recordCuts(new Float64Array(0), 'no')), 'too_few')
})

test('no score, and a condition that is not met, are in no cut', () => {
  const cuts = cutsFor(scores, 'yes')
  for (const none of [NaN, Infinity, -Infinity]) assert.equal(cutOf(cuts, none), -1)
  assert.deepEqual([...cutsOf(cuts, Float64Array.of(1, 1), Uint8Array.of(1, 0))], [63, -1])
  assert.throws(() => cutsOf(cuts, Float64Array.of(1), Uint8Array.of(1, 0)), RangeError)
  assert.throws(() => recordCuts(scores, 'yes', NaN), RangeError)
})

test('the share that a cut covers is counted, not computed', () => {
  const cuts = cutsFor(scores, 'yes', 0.9)
  const inside = scores.filter(score => score >= 0.9).length
  assert.equal(coveredShare(cuts, 0, scores), inside / 2000)
  assert.ok(Math.abs(coveredShare(cuts, 40, scores) - recordShares[40]!) < 1e-3)
  const meets = Uint8Array.from(scores, (_, i) => (i < 1000 ? 1 : 0))
  assert.equal(
    coveredShare(cuts, 0, scores, meets),
    scores.subarray(0, 1000).filter(score => score >= 0.9).length / 2000,
  )
  assert.equal(coveredShare(cuts, 0, new Float64Array(0)), 0)
})
