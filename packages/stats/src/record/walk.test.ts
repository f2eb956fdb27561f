import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered, recordFixture } from '../testing/oracles.ts'
import { closedTesting, drawWalk } from '../testing/record-properties.ts'
import { certifyCuts, walkedEvidence } from './walk.ts'

const cutsOf = (...args: Parameters<typeof certifyCuts>) => answered(certifyCuts(...args)).cuts

test('the certified cuts are those of closed testing, by a second program over all sets', () => {
  for (const { evidence, starts, cuts } of recordFixture.walks) assert.deepEqual(cutsOf(evidence, starts, 0.05), cuts)
})

test('the certified cuts are those of closed testing in 3,000 more cases of one to three chains', () => {
  const source = rng('closed testing')
  let certified = 0
  for (let turn = 0; turn < 3000; turn++) {
    const { evidence, starts } = drawWalk(source, turn)
    const cuts = closedTesting(evidence, starts, 0.05)
    assert.deepEqual(cutsOf(evidence, starts, 0.05), cuts)
    if (cuts.length > 0) certified++
  }
  assert.ok(certified > 500 && certified < 2800, `${certified} of 3,000 certified anything`)
})

test('one chain is certified down to its first cut below the limit', () => {
  const evidence = [9, 2, 2.9, 4, 5, 9]
  assert.deepEqual(answered(certifyCuts(evidence, [{ cut: 4, weight: 1 }], 0.05)), {
    ok: true,
    cuts: [3, 4],
    loosest: 3,
  })
  assert.deepEqual(answered(certifyCuts([0, 0], [{ cut: 1, weight: 1 }], 0.05)), { ok: true, cuts: [], loosest: null })
})

test('the second chain may pass where the first has stopped; what lies between is not certified', () => {
  const starts = [
    { cut: 5, weight: 0.3 },
    { cut: 1, weight: 0.7 },
  ]
  assert.deepEqual(cutsOf([1, 9, 1, 1, 9, 9], starts, 0.05), [1, 4, 5])
})

test('the first chain lends its weight by the least of all its cuts, also those beyond its failure', () => {
  const starts = [
    { cut: 3, weight: 0.5 },
    { cut: 1, weight: 0.5 },
  ]
  const limit = Math.log(20)
  // Alone the second chain lacks the half of its weight: with half of the first it would pass, with exp(-5) it does not.
  assert.deepEqual(cutsOf([0, limit + 0.1, -5, limit + 0.7], starts, 0.05), [3])
  assert.deepEqual(cutsOf([0, limit + 0.1, limit + 0.7, limit + 0.7], starts, 0.05), [1, 2, 3])
})

test('evidence of exactly the limit certifies', () => {
  assert.deepEqual(cutsOf([-Math.log(0.05)], [{ cut: 0, weight: 1 }], 0.05), [0])
  assert.deepEqual(cutsOf([-Math.log(0.05) - 1e-9], [{ cut: 0, weight: 1 }], 0.05), [])
})

test('what the walk weighs at a cut is the least of its chain so far, by its weight, and what earlier chains lend', () => {
  const alone = walkedEvidence([9, 2, 4, 5, 9], [{ cut: 3, weight: 1 }])
  assert.deepEqual([...alone], [2, 2, 4, 5, -Infinity])
  const starts = [
    { cut: 3, weight: 0.3 },
    { cut: 1, weight: 0.7 },
  ]
  const two = walkedEvidence([1, 6, 4, 5], starts)
  const close = (found: number, expected: number) => assert.ok(Math.abs(found - expected) < 1e-12, `${found}`)
  close(two[3]!, Math.log(0.3) + 5)
  close(two[2]!, Math.log(0.3) + 4)
  close(two[1]!, Math.log(0.7 * Math.exp(6) + 0.3 * Math.exp(4)))
  close(two[0]!, Math.log(0.7 * Math.exp(1) + 0.3 * Math.exp(1)))
})

test('a delta outside (0, 1) is refused, starts that are no chains throw', () => {
  for (const delta of [0, 1, NaN])
    assert.equal(codeOf(certifyCuts([1], [{ cut: 0, weight: 1 }], delta)), 'out_of_range')
  for (const starts of [
    [],
    [{ cut: 2, weight: 1 }],
    [{ cut: 0.5, weight: 1 }],
    [{ cut: 1, weight: 0.9 }],
    [
      { cut: 0, weight: 0.5 },
      { cut: 1, weight: 0.5 },
    ],
    [
      { cut: 1, weight: 1 },
      { cut: 0, weight: 0 },
    ],
  ])
    assert.throws(() => certifyCuts([1, 1], starts, 0.05), RangeError)
})
