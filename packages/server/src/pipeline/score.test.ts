import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FeatureValue, Rule } from '@surety/contract'
import { autonomyWith, boundedItem, snapshotWith } from './decide/testing/bounded-item.ts'
import type { Featured, ServingModel } from './item.ts'
import { score } from './score.ts'

const model: ServingModel = {
  version: 4,
  digest: 'd',
  score: () => ({ probability: 0.25, notes: [], cannot: null }),
}
const scored = (rules: readonly (Rule['probability'] | null)[], serving: ServingModel | null = null) => {
  const items = rules.map((probability): Featured => {
    const item = boundedItem()
    const rule = probability === null ? {} : { rule: { version: 7, probability } }
    return { ...item, question: { ...item.question, ...rule }, features: [0.5, 'a', null] }
  })
  return score(items, { ...snapshotWith(autonomyWith()), model: () => serving })
}

test('until a model serves the rule scores, and whatever it says no model is active; then the model does, and says so', () => {
  const half: Rule['probability'] = ([first]) => Number(first)
  const [byRule, without] = scored([half, null])
  assert.deepEqual(
    [byRule!.score, byRule!.cannot, byRule!.ruleVersion],
    [{ probability: 0.5, modelVersion: null, modelDigest: null, notes: [] }, 'no_model', 7],
  )
  assert.deepEqual([without!.score.probability, without!.cannot, without!.ruleVersion], [null, 'no_model', undefined])
  const [byModel] = scored([half], model)
  assert.deepEqual(
    [byModel!.score.probability, byModel!.score.modelVersion, byModel!.cannot, byModel!.ruleVersion],
    [0.25, 4, null, undefined],
  )
})

test('a rule that throws or says no probability is an error of its own decision, and leaves its neighbours alone', () => {
  const bad: readonly Rule['probability'][] = [
    () => Number.NaN,
    () => 1.0000001,
    () => -0.1,
    () => Number.POSITIVE_INFINITY,
    () => '0.5' as unknown as number,
    () => {
      throw new Error('divided by nothing')
    },
  ]
  const all = scored([() => 0, ...bad, () => 1])
  for (const one of all.slice(1, -1)) {
    assert.deepEqual([one.score.probability, one.cannot, one.ruleVersion], [null, 'error', 7])
    assert.equal(one.score.notes[0]?.code, 'error')
  }
  assert.match(all[1]!.score.notes[0]!.detail!, /NaN, which is no probability/)
  assert.match(all.at(-2)!.score.notes[0]!.detail!, /divided by nothing/)
  assert.deepEqual([all[0]!.score.probability, all.at(-1)!.score.probability], [0, 1])
})

test('a rule changes nothing of what is stored of its features', () => {
  const [one] = scored([
    values => {
      ;(values as FeatureValue[])[0] = 1
      return Number(values[0])
    },
  ])
  assert.deepEqual([one!.features[0], one!.score.probability], [0.5, 1])
})
