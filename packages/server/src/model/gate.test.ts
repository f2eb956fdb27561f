import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ModelArtefact, UnsignedModel } from './artefact.ts'
import { exampleModel, leadFeatures } from './example-model.ts'
import { brokenFile, gate, noFile } from './gate.ts'
import { makeSigningKey, readSigningKey, readTrustedKeys, signModel, trust } from './signature.ts'

const { key } = makeSigningKey()
const trusted = readTrustedKeys(key.publicText)
const rules = (minAuc = 0.65) => ({ minAuc, trusted, baseFeatures: leadFeatures, pod: 'customer-ops', tenant: '*' })
const signed = (model: UnsignedModel = exampleModel()): ModelArtefact => signModel(model, key)
/** As it arrives: through JSON. */
const asJson = (model: unknown): unknown => JSON.parse(JSON.stringify(model))
const answer = (candidate: unknown, minAuc?: number) => {
  const found = gate(candidate, rules(minAuc))
  return found.ok ? { ok: true } : { error: found.error, auc: found.auc, min_auc: found.minAuc }
}
const withMetrics = (metrics: object): unknown =>
  signModel({ ...exampleModel(), metrics: { ...exampleModel().metrics, ...metrics } }, key)

test('fact 42: an AUC below the floor is refused with the AUC and the floor', () => {
  const error = 'Model AUC below threshold'
  assert.deepEqual(answer(withMetrics({ auc: 0.6 })), { error, auc: 0.6, min_auc: 0.65 })
  assert.deepEqual(answer(withMetrics({ auc: 0.68 }), 0.7), { error, auc: 0.68, min_auc: 0.7 })
})

test('fact 43: an AUC at the floor with the lower bound within .10 under it passes', () => {
  assert.deepEqual(answer(asJson(withMetrics({ auc: 0.65, auc_ci: [0.56, 0.74], n_train: 523 }))), { ok: true })
  assert.deepEqual(answer(withMetrics({ auc: 0.65, auc_ci: [0.55, 0.74] })), { ok: true })
})

test('fact 44: a lower bound more than .10 under the floor is refused', () => {
  const error = 'Model AUC lower bound below threshold'
  assert.deepEqual(answer(withMetrics({ auc: 0.66, auc_ci: [0.41, 0.87] })), { error, auc: 0.66, min_auc: 0.65 })
})

test('fact 45: an AUC that is no share is answered with null, and too few rows come first', () => {
  for (const auc of [null, 'NaN', 1.2, undefined, -0.1]) {
    const found = answer(asJson(withMetrics({ auc })))
    assert.deepEqual(found, { error: 'Model AUC missing or invalid', auc: null, min_auc: 0.65 })
  }
  assert.equal(answer(withMetrics({ n_train: 80 })).error, 'Model trained on too few rows')
  assert.equal(answer(withMetrics({ n_train: 80, auc: null })).error, 'Model trained on too few rows')
})

test('fact 46: six features, an edited coefficient, an unknown key and a missing file have their own sentences', () => {
  const { urgency: _, ...encoders } = exampleModel().encoders
  const six = exampleModel()
  const columns = six.columns.filter(column => !column.startsWith('urgency'))
  const features = six.features.slice(0, 6)
  const shorter = { ...six, features, encoders, columns, coefficients: columns.map(() => 0) }
  assert.equal(answer(signed(shorter)).error, 'Model features do not match')
  const model = signed()
  const coefficients = model.coefficients.map((value, k) => (k === 0 ? value + 1e-9 : value))
  assert.equal(answer({ ...model, coefficients }).error, 'Model digest mismatch')
  assert.equal(answer(signModel(exampleModel(), makeSigningKey().key)).error, 'Model signature invalid')
  assert.equal(answer(noFile).error, 'Model file not found')
  assert.equal(answer(brokenFile).error, 'Model file unreadable')
})

test('a hundred training rows are enough and 99 are not; an interval is not upside down; fifty attributes and no more', () => {
  assert.deepEqual(answer(withMetrics({ n_train: 100 })), { ok: true })
  assert.equal(answer(withMetrics({ n_train: 99 })).error, 'Model trained on too few rows')
  assert.equal(answer(withMetrics({ auc: 0.7, auc_ci: [0.8, 0.6] })).error, 'Model AUC missing or invalid')
  const attributes = (n: number) =>
    signed(
      exampleModel({
        encoders: Object.fromEntries(
          Array.from({ length: n }, (_, k) => [`attr.a${k}`, { kind: 'standard', mean: 0, std: 1, missing: false }]),
        ),
      }),
    )
  assert.deepEqual(answer(attributes(50)), { ok: true })
  assert.equal(answer(attributes(51)).error, 'Model features do not match')
})

test('fact 47: with a floor of .50 a model of AUC .60 passes', () => {
  assert.deepEqual(answer(withMetrics({ auc: 0.6, auc_ci: [0.52, 0.68] }), 0.5), { ok: true })
})

test('means of the columns may be left out; when they are there, there is one finite number a column', () => {
  const model = exampleModel()
  const column_means = model.columns.map(() => 0.5)
  assert.deepEqual(answer(signed({ ...model, column_means })), { ok: true })
  for (const wrong of [column_means.slice(1), [...column_means, 0], column_means.map(() => null), 'many'])
    assert.equal(answer({ ...signed(), column_means: wrong }).error, 'Model features do not match')
})

test('lengths, levels and numbers that cannot be are a mismatch of features', () => {
  const model = exampleModel()
  const wrong: Partial<Record<keyof UnsignedModel, unknown>>[] = [
    { coefficients: [1] },
    { intercept: null },
    { columns: [...model.columns].reverse() },
    { encoders: { ...model.encoders, intent: { kind: 'onehot', levels: ['a', 'a'] } } },
    { encoders: { ...model.encoders, intent: { kind: 'onehot', levels: ['other'] } } },
    { encoders: { ...model.encoders, score: { kind: 'standard', mean: 0, std: -1 } } },
    { encoders: { ...model.encoders, score: { kind: 'boolean', mean: 0 } } },
    { features: [...model.features.slice(1), 'score'] },
    { pod: 'security-ops' },
    { calibration: { a: 'one', b: 0 } },
  ]
  for (const change of wrong)
    assert.equal(answer({ ...signed(), ...change }).error, 'Model features do not match', JSON.stringify(change))
  const infinite = JSON.parse(JSON.stringify(signed()).replace('"intercept":0', '"intercept":1e999')) as unknown
  assert.equal(answer(infinite).error, 'Model features do not match')
})

test('every further feature must be a declared attribute', () => {
  const extra = (name: string) =>
    signed(exampleModel({ encoders: { [name]: { kind: 'standard', mean: 0, std: 1, missing: true } } }))
  assert.deepEqual(answer(extra('attr.age')), { ok: true })
  assert.equal(answer(extra('age')).error, 'Model features do not match')
})

test('a signature is bound to the digest: swapping it between models is found', () => {
  const other = signed(exampleModel({ intercept: 1 }))
  assert.equal(answer({ ...signed(), signature: other.signature }).error, 'Model signature invalid')
  assert.equal(answer({ ...signed(), signature: { ...other.signature, value: '' } }).error, 'Model signature invalid')
})

test('the order of keys does not matter to the digest', () => {
  const reversed = Object.fromEntries(Object.entries(signed()).reverse())
  assert.deepEqual(answer(reversed), { ok: true })
})

test('the server trusts its own key, and a key survives being written down', () => {
  const { key: own, text } = makeSigningKey()
  assert.equal(readSigningKey(text).keyId, own.keyId)
  const found = gate(signModel(exampleModel(), readSigningKey(text)), { ...rules(), trusted: trust(trusted, own) })
  assert.equal(found.ok, true)
  assert.throws(() => readSigningKey('short'), /MODEL_SIGNING_KEY must be/)
  assert.throws(() => readTrustedKeys('short'), /MODEL_TRUSTED_KEYS: "short"/)
})

test('no JSON makes the gate throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      assert.equal(gate(value, rules()).ok, false)
    }),
    { numRuns: 300, seed: 7 },
  )
  const fields = Object.keys(signed())
  fc.assert(
    fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
      const found = gate({ ...(asJson(signed()) as object), [field]: value }, rules())
      assert.equal(typeof found.ok, 'boolean')
    }),
    { numRuns: 500, seed: 7 },
  )
  let deep: unknown = 1
  for (let k = 0; k < 100_000; k++) deep = [deep]
  assert.equal(answer({ ...signed(), report: deep }).error, 'Model digest mismatch')
})
