import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered, assertClose, oracles } from '../testing/oracles.ts'
import { confusion } from './confusion.ts'
import { precisionAtRecall } from './precision-at-recall.ts'

const scores = Float64Array.from(oracles.metrics.score)
const y = Uint8Array.from(oracles.metrics.y)

test('the threshold found is the strictest one that reaches the recall', () => {
  const distinct = [...new Set(scores)].sort((a, b) => b - a)
  for (const recall of [0.01, 0.3, 0.5, 0.75, 1]) {
    const found = answered(precisionAtRecall(scores, y, recall))
    const recallAt = (t: number) => answered(answered(confusion(scores, y, t)).recall).value
    const strictest = distinct.find(t => recallAt(t) >= recall)!
    assert.equal(found.threshold, strictest)
    const there = answered(answered(confusion(scores, y, strictest)).precision)
    assert.deepEqual([found.value, found.lower, found.upper], [there.value, there.lower, there.upper])
    assertClose(found.recall, recallAt(strictest), 1e-15)
  }
})

test('recall .6 of 5 positives means 3 of them, without a rounding surprise', () => {
  const five = precisionAtRecall(Float64Array.of(5, 4, 3, 2, 1), Uint8Array.of(1, 1, 1, 1, 1), 0.6)
  assert.equal(answered(five).alerts, 3)
})

test('nothing to find, nothing at all and bad numbers are refused', () => {
  assert.equal(codeOf(precisionAtRecall(scores, new Uint8Array(60), 0.5)), 'one_class')
  assert.equal(codeOf(precisionAtRecall(new Float64Array(), new Uint8Array(), 0.5)), 'empty')
  for (const recall of [0, 1.1, NaN]) assert.equal(codeOf(precisionAtRecall(scores, y, recall)), 'out_of_range')
  for (const bad of notFinite) assert.equal(codeOf(precisionAtRecall(bad, Uint8Array.of(0, 1, 1), 0.5)), 'not_finite')
})
