import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from './rng.ts'
import { scoreGroups, weightedScoreGroups } from './score-groups.ts'

const draw = rng('groups')
const worlds: Record<string, (n: number) => Float64Array> = {
  spread: n => Float64Array.from({ length: n }, () => draw.uniform()),
  tied: n => Float64Array.from({ length: n }, () => draw.int(9) - 4),
  'zeros of both signs': n => Float64Array.from({ length: n }, () => [0, -0, 1][draw.int(3)]!),
  constant: n => new Float64Array(n).fill(-3),
}

/** By definition: one group per distinct score. */
function byDefinition(scores: Float64Array, y: Uint8Array, weights: Float64Array) {
  const sums = new Map<number, [number, number]>()
  scores.forEach((score, i) => {
    const pair = sums.get(score + 0) ?? [0, 0]
    pair[y[i]!]! += weights[i]!
    sums.set(score + 0, pair)
  })
  return [...sums].filter(([, [zeros, ones]]) => zeros + ones > 0).sort(([a], [b]) => a - b)
}

const plain = ({ scores, zeros, ones }: ReturnType<typeof scoreGroups>) =>
  Array.from(scores, (score, k) => [score, [zeros[k], ones[k]]])

for (const [name, make] of Object.entries(worlds)) {
  test(`${name}: every distinct score once, ascending, with its rows or weight of each class; inputs stay`, () => {
    for (const n of [0, 1, 2, 300, 4000]) {
      const scores = make(n)
      const before = Float64Array.from(scores)
      for (const share of [0, 0.1, 1]) {
        const y = Uint8Array.from(scores, () => (draw.uniform() < share ? 1 : 0))
        const weights = Float64Array.from(scores, () => draw.int(3))
        assert.deepEqual(plain(scoreGroups(scores, y)), byDefinition(scores, y, new Float64Array(n).fill(1)))
        assert.deepEqual(plain(weightedScoreGroups(scores, y, weights)), byDefinition(scores, y, weights))
        assert.deepEqual(scores, before)
      }
    }
  })
}
