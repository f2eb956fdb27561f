import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FeatureValue } from '@surety/contract'
import fc from 'fast-check'
import { exampleModel, leadEncoders, leadFeatures } from './example-model.ts'
import { compileModel } from './scorer.ts'
import { makeSigningKey, signModel } from './signature.ts'

const { key } = makeSigningKey()
const compile = (change: Parameters<typeof exampleModel>[0]) => compileModel(signModel(exampleModel(change), key))
const schema = { hash: 'seven', specs: leadFeatures }
const lead = (change: { [feature: string]: FeatureValue } = {}): FeatureValue[] => {
  const values: { [feature: string]: FeatureValue } = {
    score: 0.7,
    details_len: 40,
    hour_of_day: 9,
    tenant: 'acme',
    intent: 'quote',
    sentiment: 'neutral',
    urgency: 'medium',
    ...change,
  }
  return leadFeatures.map(spec => values[spec.name] ?? null)
}

test('fact 51: with only the score coefficient 1, a score of 0.7 gives 0.668', () => {
  const { probability, notes, cannot } = compile({ weights: { score: 1 } }).score(schema, lead())
  assert.equal(probability?.toFixed(3), '0.668')
  assert.deepEqual({ notes, cannot }, { notes: [], cannot: null })
})

test('fact 52: intercepts of -1000 and +1000 give 0 and 1', () => {
  assert.equal(compile({ intercept: -1000 }).score(schema, lead()).probability, 0)
  assert.equal(compile({ intercept: 1000 }).score(schema, lead()).probability, 1)
})

test('fact 52: an unseen intent or tenant goes to the trained level other and is noted', () => {
  const model = compile({ weights: { 'intent=other': 1, 'tenant=other': 2 } })
  const found = model.score(schema, lead({ intent: 'unknown', tenant: 'new' }))
  assert.equal(found.probability, 1 / (1 + Math.exp(-3)))
  assert.deepEqual(found.notes, [{ code: 'unseen_category', features: ['tenant', 'intent'] }])
})

test('fact 52: hour 6 is the columns (1, 0)', () => {
  const at6 = (column: string) =>
    compile({ weights: { [column]: 1 } }).score(schema, lead({ hour_of_day: 6 })).probability
  assert.equal(at6('hour_of_day.sin'), 1 / (1 + Math.exp(-1)))
  assert.equal(at6('hour_of_day.cos'), 0.5)
})

test('a level that no training row stood for adds nothing and is noted; a value that was never missing must be there', () => {
  const encoders = { ...leadEncoders, tenant: { kind: 'onehot', levels: ['acme'], other: 'zero' } } as const
  const model = compile({ encoders, weights: { 'tenant=acme': 1 } })
  assert.equal(model.score(schema, lead()).probability, 1 / (1 + Math.exp(-1)))
  assert.deepEqual(model.score(schema, lead({ tenant: 'new' })), {
    probability: 0.5,
    cannot: null,
    notes: [{ code: 'unseen_category', features: ['tenant'] }],
  })
  assert.deepEqual(model.score(schema, lead({ tenant: null })), {
    probability: null,
    cannot: 'missing_feature',
    notes: [{ code: 'missing_feature', features: ['tenant'] }],
  })
})

test('models of before cannot score a level that no training row stood for, and say which feature', () => {
  const encoders = { ...leadEncoders, tenant: { kind: 'onehot', levels: ['acme'], other: false } } as const
  const model = compile({ encoders, weights: { 'tenant=acme': 1 } })
  assert.equal(model.score(schema, lead()).probability, 1 / (1 + Math.exp(-1)))
  const found = model.score(schema, lead({ tenant: 'new' }))
  assert.deepEqual(found, {
    probability: null,
    cannot: 'unseen_category',
    notes: [{ code: 'unseen_category', features: ['tenant'] }],
  })
})

test('a missing value goes through its missing column, or cannot be scored where none was trained', () => {
  const encoders = { ...leadEncoders, 'attr.age': { kind: 'standard', mean: 40, std: 10, missing: true } } as const
  const trained = compile({ encoders, weights: { 'attr.age=missing': 2 } })
  const found = trained.score(schema, lead())
  assert.equal(found.probability, 1 / (1 + Math.exp(-2)))
  assert.deepEqual(found.notes, [{ code: 'missing_feature', features: ['attr.age'] }])
  const untrained = { ...encoders, 'attr.age': { ...encoders['attr.age'], missing: false } }
  const refused = compile({ encoders: untrained, weights: { 'attr.age': 1 } }).score(schema, lead())
  assert.equal(refused.probability, null)
  assert.equal(refused.cannot, 'missing_feature')
})

test('a value of the wrong kind counts as missing', () => {
  const model = compile({ weights: { score: 1 } })
  for (const score of ['0.7', Number.NaN, Number.POSITIVE_INFINITY, true])
    assert.equal(model.score(schema, lead({ score })).cannot, 'missing_feature')
})

test('the order of a schema does not matter, and schemas of two tenants do not mix', () => {
  const model = compile({ weights: { score: 1, 'intent=quote': 0.5 } })
  const reversed = { hash: 'reversed', specs: [...leadFeatures].reverse() }
  const expected = model.score(schema, lead()).probability
  assert.equal(model.score(reversed, lead().reverse()).probability, expected)
  assert.equal(model.score(schema, lead()).probability, expected)
})

test('a row scores the same bits whatever was scored before it', () => {
  const value = fc.record({
    score: fc.double({ min: 0, max: 1, noNaN: true }),
    hour_of_day: fc.integer({ min: 0, max: 23 }),
  })
  const weights = { score: 1.37, 'hour_of_day.sin': -0.41, 'hour_of_day.cos': 0.23, 'intent=quote': 0.1 }
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 30 }), rows => {
      const batch = compile({ weights })
      const together = rows.map(row => batch.score(schema, lead(row)).probability)
      const alone = rows.map(row => compile({ weights }).score(schema, lead(row)).probability)
      assert.deepEqual(together, alone)
    }),
    { numRuns: 10, seed: 3 },
  )
})
