import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { aneurysmPatients, answered, assertClose, oracles } from '../testing/oracles.ts'
import { delongPaired } from './delong-paired.ts'

const { wfns, s100b, ndka, y } = aneurysmPatients()
const expected = oracles.delong_pROC_aSAH

test("the comparison of the aSAH markers equals R's pROC to 1e-9", () => {
  const result = answered(delongPaired(wfns, s100b, y))
  assertClose(result.aucA, expected.auc.wfns, 1e-9)
  assertClose(result.aucB, expected.auc.s100b, 1e-9)
  assertClose(result.varianceA, expected.var.wfns, 1e-9)
  assertClose(result.varianceB, expected.var.s100b, 1e-9)
  assertClose(result.covariance, expected.cov_wfns_s100b, 1e-9)
  assertClose(result.z, expected.wfns_vs_s100b.z, 1e-9)
  assertClose(result.p, expected.wfns_vs_s100b.p, 1e-9)
  assertClose(result.lower, expected.wfns_vs_s100b.ci95[0], 1e-9)
  assertClose(result.upper, expected.wfns_vs_s100b.ci95[1], 1e-9)
})

test('the other two pairs agree as well', () => {
  const first = answered(delongPaired(wfns, ndka, y))
  assertClose(first.z, expected.wfns_vs_ndka.z, 1e-9)
  assertClose(first.p, expected.wfns_vs_ndka.p, 1e-9)
  const second = answered(delongPaired(s100b, ndka, y))
  assertClose(second.z, expected.s100b_vs_ndka.z, 1e-9)
  assertClose(second.p, expected.s100b_vs_ndka.p, 1e-9)
})

test('swapping the scores mirrors the answer', () => {
  const one = answered(delongPaired(wfns, s100b, y))
  const other = answered(delongPaired(s100b, wfns, y))
  assert.equal(other.difference, -one.difference)
  assertClose(other.p, one.p, 1e-12)
  assertClose(other.lower, -one.upper, 1e-12)
})

test('doubling the rows shrinks the variance by about one half', () => {
  const once = answered(delongPaired(wfns, s100b, y))
  const twice = answered(
    delongPaired(Float64Array.of(...wfns, ...wfns), Float64Array.of(...s100b, ...s100b), Uint8Array.of(...y, ...y)),
  )
  assertClose(twice.varianceA, once.varianceA / 2, 0.02)
})

test('a model against itself, or against a rising map of itself, is no difference and not NaN', () => {
  for (const same of [wfns, wfns.map(value => Math.exp(value))]) {
    const result = answered(delongPaired(wfns, same, y))
    assert.deepEqual([result.method, result.difference, result.z, result.p], ['no_difference', 0, 0, 1])
    assert.ok(allFinite(result))
  }
})

test('fewer than ten rows of a class are too few, with the shortfall', () => {
  const few = delongPaired(
    wfns.slice(0, 20),
    s100b.slice(0, 20),
    Uint8Array.from({ length: 20 }, (_, i) => (i < 7 ? 1 : 0)),
  )
  assert.ok(!few.ok)
  assert.deepEqual([few.code, few.have, few.need], ['too_few', 7, 10])
})

test('bad second scores, one class and bad levels are refused', () => {
  const broken = Float64Array.from(s100b)
  broken[3] = NaN
  assert.equal(codeOf(delongPaired(wfns, broken, y)), 'not_finite')
  assert.equal(codeOf(delongPaired(wfns, s100b, new Uint8Array(y.length))), 'one_class')
  assert.equal(codeOf(delongPaired(wfns, s100b, y, 1.5)), 'out_of_range')
})
