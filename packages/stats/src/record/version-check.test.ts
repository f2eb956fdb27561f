import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { binomialCdf } from '../special/binomial.ts'
import { answered, assertClose, recordFixture } from '../testing/oracles.ts'
import { recordCuts } from './cuts.ts'
import { checkVersion, nextLookAt } from './version-check.ts'

const draw = rng('version check')
const scores = Float64Array.from({ length: 3000 }, () => draw.uniform())
const y = Uint8Array.from(scores, score => (draw.uniform() < score ? 1 : 0))
const yes = answered(recordCuts(scores, 'yes'))
const no = answered(recordCuts(scores, 'no'))

test('the tails that decide are those of SciPy', () => {
  for (const { wrong, rows, budget, p } of recordFixture.check) assertClose(binomialCdf(wrong, rows, budget), p, 1e-10)
})

test('a version passes where so few wrong ones are no surprise, on ten rows at least', () => {
  const check = checkVersion(scores, y, yes, { alpha: 0.1, beta: null })
  const used = { scores: scores.subarray(1000), y: y.subarray(1000) }
  yes.thresholds.forEach((threshold, cut) => {
    const inside = [...used.scores.keys()].filter(i => used.scores[i]! >= threshold)
    const wrong = inside.filter(i => used.y[i] === 0).length
    assert.deepEqual([check.inside[cut], check.wrong[cut]], [inside.length, wrong])
    const passes = inside.length >= 10 && binomialCdf(wrong, inside.length, 0.1) <= 0.2
    assert.equal(check.passes.includes(cut), passes, `cut ${cut}: ${wrong}/${inside.length}`)
  })
  assert.ok(
    check.passes.length > 10 && check.passes.length < 64 && check.inside[63]! < 10 && !check.passes.includes(63),
  )
})

test('nine rows inside are too few, however loose the budget is', () => {
  const passes = (rows: number) =>
    checkVersion(new Float64Array(rows).fill(2), new Uint8Array(rows).fill(1), yes, { alpha: 0.5, beta: null }).passes
  assert.deepEqual([passes(9).length, passes(10).length], [0, 64])
})

test('a clear passes where neither budget speaks against it', () => {
  const loose = checkVersion(scores, y, no, { alpha: 0.2, beta: null })
  const both = checkVersion(scores, y, no, { alpha: 0.2, beta: 0.05 })
  assert.ok(both.passes.length > 0 && both.passes.length < loose.passes.length)
  for (const cut of both.passes) assert.ok(binomialCdf(both.wrong[cut]!, both.positives, 0.05) <= 0.2)
  assert.ok(both.passes.every(cut => loose.passes.includes(cut)))
  const nobody = checkVersion(scores, new Uint8Array(3000), no, { alpha: 0.2, beta: 0.05 })
  assert.deepEqual([nobody.positives, nobody.passes], [0, []])
})

test('the newest 2,000 rows count, and further back until they hold a hundred of each label', () => {
  assert.equal(checkVersion(scores, y, yes, { alpha: 0.1, beta: null }).rows, 2000)
  const rare = Uint8Array.from(scores, (_, i) => (i % 25 === 0 ? 1 : 0))
  const looked = checkVersion(scores, rare, yes, { alpha: 0.1, beta: null })
  assert.deepEqual([looked.positives, looked.rows], [100, 2500])
  const never = checkVersion(scores, new Uint8Array(3000), yes, { alpha: 0.1, beta: null })
  assert.equal(never.rows, 3000)
})

test('a row that misses a further condition, and one without a score, are in no cut; no rows pass nowhere', () => {
  const budgets = { alpha: 0.1, beta: null }
  const half = Uint8Array.from(scores, (_, i) => i % 2)
  const check = checkVersion(scores, y, yes, budgets, half)
  assert.deepEqual([check.rows, check.inside[0]], [2000, 1000])
  assert.equal(
    checkVersion(
      scores.map(() => NaN),
      y,
      yes,
      budgets,
    ).inside[0],
    0,
  )
  assert.deepEqual(checkVersion(new Float64Array(0), new Uint8Array(0), yes, budgets).passes, [])
  assert.throws(() => checkVersion(scores, y.subarray(1), yes, budgets), RangeError)
})

test('the next look is a fifth or two hundred rows away, whichever is less, and never nowhere', () => {
  assert.deepEqual([0, 1, 100, 333, 1000, 5000].map(nextLookAt), [1, 2, 120, 400, 1200, 5200])
})
