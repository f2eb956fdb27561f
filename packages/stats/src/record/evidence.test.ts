import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose, recordFixture } from '../testing/oracles.ts'
import { chanceToCross } from '../testing/record-properties.ts'
import { neededRecordRows, recordEvidence, recordUpperBound } from './evidence.ts'

test('evidence equals the second program to 1e-9, and the published values to 1e-6', () => {
  for (const { wrong, rows, alpha, log } of recordFixture.evidence)
    assertClose(recordEvidence(wrong, rows, alpha), log, 1e-9, `${wrong}/${rows} at ${alpha}`)
  const published = [
    [0, 58, 0.05, 1.83966],
    [3, 100, 0.1, 2.674413],
    [80, 1000, 0.1, 1.008419],
    [100, 1000, 0.1, -2.761183],
    [7, 20, 0.35, -1.046296],
  ] as const
  for (const [wrong, rows, alpha, log] of published)
    assert.ok(Math.abs(recordEvidence(wrong, rows, alpha) - log) <= 1e-6)
  for (const alpha of [0.001, 0.5, 0.999]) assert.equal(recordEvidence(0, 0, alpha), 0)
})

test('fewest rows without a wrong one: 88, 97 and 117 at 5 % for the weights 1, .7 and .3, and so on', () => {
  for (const { alpha, weight, rows } of recordFixture.fewest)
    assert.deepEqual(neededRecordRows(0, { epsilon: alpha, delta: 0.05 }, weight), { ok: true, n: rows, wrong: 0 })
})

test('the most wrong ones that reach a limit of 20 are those of the second program', () => {
  for (const { alpha, rows, wrong } of recordFixture.most_wrong) {
    const reaches = (count: number) => recordEvidence(count, rows, alpha) >= Math.log(20)
    assert.ok(wrong < 0 || reaches(wrong), `${wrong}/${rows} at ${alpha}`)
    assert.ok(!reaches(wrong + 1), `${wrong + 1}/${rows} at ${alpha}`)
  }
})

test('rows needed at a share of 0, a third, half and two thirds of the budget: 47, 145, 276 and 660 at 10 %', () => {
  for (const { alpha, num, den, rows } of recordFixture.needed) {
    const share = (alpha * num) / den
    const { n, wrong } = answered(neededRecordRows(share, { epsilon: alpha, delta: 0.05 }))
    assert.deepEqual([n, wrong], [rows, Math.max(0, Math.ceil(share * n - 1e-9))], `${num}/${den} of ${alpha}`)
  }
})

test('no smaller number of rows would do', () => {
  for (const share of [0.004, 0.0173, 0.06]) {
    const { n } = answered(neededRecordRows(share, { epsilon: 0.1, delta: 0.05 }))
    const certifies = (rows: number) =>
      Math.log(0.7) + recordEvidence(Math.ceil(share * rows - 1e-9), rows, 0.1) >= Math.log(20)
    assert.ok(certifies(n))
    for (let fewer = 1; fewer < n; fewer++) assert.ok(!certifies(fewer), `${share}: ${fewer} of ${n}`)
  }
})

test('the chance ever to reach 20 within 4,000 rows at the budget, by exact recursion: .0417, .0454, .0478, .0433', () => {
  for (const { alpha, rows, p } of recordFixture.crossing) {
    const chance = chanceToCross(alpha, 0.05, rows)
    assertClose(chance, p, 1e-9)
    assert.ok(chance <= 0.05)
  }
})

test('the upper bound is where the evidence reaches its limit: above is ruled out, below is not', () => {
  for (const [wrong, rows] of [
    [0, 1],
    [0, 400],
    [71, 1214],
    [5, 6],
    [1, 1_000_000],
  ] as const) {
    const upper = recordUpperBound(wrong, rows, 0.05)
    assert.ok(upper > wrong / rows && upper < 1)
    assert.ok(recordEvidence(wrong, rows, upper) >= Math.log(20))
    assert.ok(recordEvidence(wrong, rows, upper * (1 - 1e-9)) < Math.log(20))
  }
  // 71 of 1,214: at most 8.1 %.
  assertClose(recordUpperBound(71, 1214, 0.05), 0.081, 0.01)
})

test('nothing seen and nothing right rule nothing out', () => {
  for (const rows of [0, 1, 50]) assert.equal(recordUpperBound(rows, rows, 0.05), 1)
})

test('evidence rises with right rows and with the budget, and falls with wrong ones', () => {
  for (const [wrong, rows, alpha] of [
    [3, 40, 0.1],
    [0, 5, 0.01],
    [200, 900, 0.35],
  ] as const) {
    const here = recordEvidence(wrong, rows, alpha)
    assert.ok(recordEvidence(wrong, rows + 1, alpha) > here)
    assert.ok(recordEvidence(wrong + 1, rows + 1, alpha) < here)
    assert.ok(recordEvidence(wrong, rows, alpha * 1.1) > here)
  }
})

test('what is no count and no budget throws, shares and weights that cannot be are refused', () => {
  for (const [wrong, rows, alpha] of [
    [1, 0, 0.1],
    [-1, 4, 0.1],
    [0.5, 4, 0.1],
    [0, 4, 0],
    [0, 4, 1],
    [0, NaN, 0.1],
  ] as const)
    assert.throws(() => recordEvidence(wrong, rows, alpha), RangeError)
  for (const delta of [0, 1, NaN]) assert.throws(() => recordUpperBound(0, 10, delta), RangeError)
  const budget = { epsilon: 0.1, delta: 0.05 }
  assert.equal(codeOf(neededRecordRows(0.1, budget)), 'not_certifiable')
  assert.equal(codeOf(neededRecordRows(0.0999999, budget)), 'not_certifiable')
  assert.equal(codeOf(neededRecordRows(-0.1, budget)), 'out_of_range')
  assert.equal(codeOf(neededRecordRows(0, budget, 0)), 'out_of_range')
  assert.equal(codeOf(neededRecordRows(0, { epsilon: 1, delta: 0.05 })), 'out_of_range')
})
