import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { addRollback, brierDifference, clippedLogDifference, startRollback } from './rollback.ts'

test('K is the mean over the bets of the product of 1 + c·d', () => {
  const differences = [1, -0.5, 0.25, 1, 0]
  let evidence = answered(startRollback())
  for (const d of differences) evidence = answered(addRollback(evidence, d))
  const products = [0.02, 0.05, 0.1, 0.2, 0.4].map(c => differences.reduce((k, d) => k * (1 + c * d), 1))
  assertClose(Math.exp(evidence.logEvidence), products.reduce((a, b) => a + b) / 5, 1e-12)
  assert.equal(evidence.n, 5)
})

test('a new model that always loses is rolled back after 14 labels and stays rolled back', () => {
  let evidence = answered(startRollback())
  let labels = 0
  while (!evidence.rollBack) {
    evidence = answered(addRollback(evidence, 1))
    labels++
  }
  // 1.4^14 = 111, the others add 12.8 + 3.8 + 2 + 1.3: a mean of 26; one label less gives 19.5, below 1/.05 = 20.
  assert.equal(labels, 14)
  for (let i = 0; i < 100; i++) evidence = answered(addRollback(evidence, -1))
  assert.ok(evidence.rollBack && evidence.logEvidence < 0)
})

test('a hundred thousand labels in either direction stay finite', () => {
  for (const d of [1, -1]) {
    let evidence = answered(startRollback())
    for (let i = 0; i < 100_000; i++) evidence = answered(addRollback(evidence, d))
    assert.ok(allFinite(evidence))
  }
})

test('losses outside [-1, 1] and odd levels are refused; the losses offered stay inside', () => {
  const start = answered(startRollback())
  for (const bad of [1.01, -1.01, NaN]) assert.equal(codeOf(addRollback(start, bad)), 'out_of_range')
  assert.equal(codeOf(startRollback(0)), 'out_of_range')
  assert.equal(brierDifference(0, 1, 1), 1)
  assert.equal(clippedLogDifference(0, 1, 1), 1)
  assert.equal(clippedLogDifference(1, 0, 1), -1)
  assert.equal(clippedLogDifference(1, 1, 0), 0)
})
