import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FirstModel, StoredTree, TreesFit, UnsignedModel } from './artefact.ts'
import { exampleModel, leadFeatures } from './example-model.ts'
import { brokenFile, gate, noFile } from './gate.ts'
import { compileModel } from './scorer.ts'
import { makeSigningKey, readSigningKey, readTrustedKeys, signModel, trust } from './signature.ts'
import { exampleTrees, inSecondFormat } from './testing/example-trees.ts'

const { key } = makeSigningKey()
const trusted = readTrustedKeys(key.publicText)
const rules = (minAuc = 0.65) => ({
  minAuc,
  trusted,
  baseFeatures: leadFeatures,
  pod: 'customer-ops',
  question: 'main',
  tenant: '*',
})
const signed = (model: FirstModel = exampleModel()) => signModel(model, key)
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

test('a model of another tenant or pod does not serve; one of all tenants does', () => {
  const made = (change: object) => {
    const found = gate(signModel({ ...exampleModel(), ...change }, key), { ...rules(), tenant: 'acme' })
    return found.ok ? 'ok' : found.detail
  }
  assert.equal(made({ tenant: 'acme' }), 'ok')
  assert.equal(made({ tenant: 'borg' }), 'made for another tenant')
  assert.equal(made({ pod: 'table' }), 'made for pod table, not customer-ops')
})

test('the least lower bound is a tenth under the floor to a reader, and part of a row is no row', () => {
  // .8 - .1 is .7000000000000001.
  assert.deepEqual(answer(withMetrics({ auc: 0.8, auc_ci: [0.7, 0.9] }), 0.8), { ok: true })
  assert.equal(answer(withMetrics({ n_train: 100.5 })).error, 'Model trained on too few rows')
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
  const wrong: Partial<Record<keyof FirstModel, unknown>>[] = [
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

test('the second format names its question, and is refused where another one asks', () => {
  const of = (question: string) => signModel(inSecondFormat(exampleModel(), question), key)
  assert.deepEqual(answer(of('main')), { ok: true })
  assert.equal(answer(of('callback')).error, 'Model made for another question')
  const callback = gate(of('callback'), { ...rules(), question: 'callback' })
  assert.equal(callback.ok, true)
  const first = gate(signed(), { ...rules(), question: 'callback' })
  assert.ok(!first.ok && first.code === 'question_mismatch', 'the first format is of the question main')
  assert.equal(first.detail, 'made for question main, not callback')
  assert.equal(answer({ ...of('main'), pod: 'security-ops' }).error, 'Model features do not match')
  for (const lacking of [{ question: undefined }, { pod: 3 }, { fit: null }, { fit: { kind: 'forest' } }])
    assert.equal(answer({ ...of('main'), ...lacking }).error, 'Model file unreadable', JSON.stringify(lacking))
  assert.equal(answer({ ...of('main'), schema: 'surety.model/3' }).error, 'Model file unreadable')
  const { fit } = inSecondFormat(exampleModel())
  const short = { ...of('main'), fit: { ...fit, coefficients: [1] } }
  assert.equal(answer(short).error, 'Model features do not match')
  assert.equal(answer({ ...of('main'), question: 'Main' }).error, 'Model made for another question')
})

const trees = (change: (fit: TreesFit) => object = () => ({})): UnsignedModel => {
  const model = exampleTrees()
  return { ...model, fit: { ...(model.fit as TreesFit), ...change(model.fit as TreesFit) } } as UnsignedModel
}

test('trees pass the gate with their signature, and one edited leaf is found', () => {
  assert.deepEqual(answer(asJson(signModel(trees(), key))), { ok: true })
  const file = asJson(signModel(trees(), key)) as { fit: { trees: { value: number[] }[] } }
  file.fit.trees[1]!.value[2] = 0.76
  assert.equal(answer(file).error, 'Model digest mismatch')
})

test('trees that would be walked in circles, out of their lists or to no number never serve', () => {
  const first = (change: Partial<Record<keyof StoredTree, unknown>>) =>
    trees(fit => ({ trees: [{ ...fit.trees[0], ...change }, fit.trees[1]] }))
  const detail = (model: unknown) => {
    const found = gate({ ...exampleTrees(), ...(model as object), digest: '', signature: {} }, rules())
    assert.ok(!found.ok)
    assert.deepEqual([found.code, found.error], ['trees_malformed', 'Model trees are malformed'], String(found.detail))
    return found.detail
  }
  assert.equal(detail(first({ left: [1, 1, 0] })), 'tree 0: node 1 has no such child')
  assert.equal(detail(first({ left: [2, 0, 0] })), 'tree 0: node 0 has no such child')
  assert.equal(detail(first({ left: [1.5, 0, 0] })), 'tree 0: node 0 has no such child')
  assert.equal(detail(first({ left: [0, 0, 0] })), 'tree 0: not a tree')
  assert.equal(detail(first({ left: [] })), 'tree 0: lists of unequal length')
  assert.equal(detail(first({ value: [0, 1] })), 'tree 0: lists of unequal length')
  assert.equal(detail(first({ column: [99, 0, 0] })), 'tree 0: node 0 asks about column 99')
  assert.equal(detail(first({ column: [-1, 0, 0] })), 'tree 0: node 0 asks about column -1')
  assert.equal(detail(first({ value: [0, Infinity, 0] })), 'tree 0: value of node 1 is not a finite number')
  assert.equal(detail(first({ threshold: ['0', 0, 0] })), 'tree 0: threshold of node 0 is not a finite number')
  assert.equal(detail(first({ missing_left: [2, 0, 0] })), 'tree 0: missing_left must be 0 or 1')
  assert.equal(detail(first({ cover: [1, -1, 2] })), 'tree 0: a cover is below 0')
  assert.equal(detail(first({ cover: 'many' })), 'tree 0: cover is no list')
  assert.equal(detail(first({ note: Infinity } as object)), 'tree 0: note is no list of a tree')
  assert.equal(detail(trees(() => ({ trees: [null] }))), 'tree 0: not a tree')
  assert.equal(detail(trees(() => ({ trees: [] }))), 'there must be a tree')
  assert.equal(detail(trees(() => ({ base: null }))), 'the base is not a finite number')
  assert.equal(
    answer({
      ...signModel(
        trees(fit => ({ columns: [...fit.columns].reverse() })),
        key,
      ),
    }).error,
    'Model features do not match',
  )
})

/** A tree that asks `depth` questions on its longest path, each node's left child being a leaf. */
const chain = (depth: number): StoredTree => {
  const nodes = 2 * depth + 1
  const list = (at: (node: number) => number) => Array.from({ length: nodes }, (_, node) => at(node))
  const asks = (node: number) => node < nodes - 1 && (node === 0 || node % 2 === 0)
  return {
    left: list(node => (asks(node) ? node + 1 : 0)),
    column: list(() => 0),
    threshold: list(node => node / 3),
    missing_left: list(() => 0),
    value: list(node => (asks(node) ? 0 : node / 7)),
    cover: list(node => nodes - node),
  }
}

/** A tree with all its nodes. */
const full = (depth: number): StoredTree => {
  const list = (at: (node: number) => number) => Array.from({ length: 2 ** (depth + 1) - 1 }, (_, node) => at(node))
  const asks = (node: number) => node < 2 ** depth - 1
  return {
    left: list(node => (asks(node) ? 2 * node + 1 : 0)),
    column: list(() => 0),
    threshold: list(node => (asks(node) ? Math.sin(node) : 0)),
    missing_left: list(() => 0),
    value: list(node => (asks(node) ? 0 : Math.cos(node))),
    cover: list(() => 1),
  }
}

test('too many trees, too deep ones and too large a file do not serve', () => {
  const of = (list: readonly StoredTree[]) => {
    const found = gate(
      signModel(
        trees(() => ({ trees: list })),
        key,
      ),
      rules(),
    )
    return found.ok ? 'passes' : `${found.code}: ${found.detail}`
  }
  assert.equal(of(Array.from({ length: 500 }, () => chain(1))), 'passes')
  assert.equal(of(Array.from({ length: 501 }, () => chain(1))), 'trees_malformed: 501 trees, at most 500 may serve')
  assert.equal(of([chain(8)]), 'passes')
  assert.equal(of([chain(9)]), 'trees_malformed: tree 0 is deeper than 8')
  assert.equal(of([chain(300)]), 'trees_malformed: tree 0: more than 511 nodes')
  const many = Array.from({ length: 180 }, () => full(8))
  assert.match(of(many), /^trees_malformed: 2\d{6} bytes of trees, at most 2000000 may serve$/)
  assert.equal(of(many.slice(0, 100)), 'passes')
})

/** What has no digest, such as an infinity, is handed in with a wrong one. */
function signedAnyhow(model: UnsignedModel): unknown {
  try {
    return signModel(model, key)
  } catch {
    return { ...model, digest: '', signature: {} }
  }
}

test('no JSON makes the gate throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      assert.equal(gate(value, rules()).ok, false)
    }),
    { numRuns: 300, seed: 7 },
  )
  for (const file of [signed(), signModel(trees(), key)]) {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(file)), fc.jsonValue(), (field, value) => {
        const found = gate({ ...(asJson(file) as object), [field]: value }, rules())
        assert.equal(typeof found.ok, 'boolean')
      }),
      { numRuns: 500, seed: 7 },
    )
  }
  const { fit } = trees() as { fit: TreesFit }
  const lists = fc.constantFrom(...(Object.keys(fit.trees[0]!) as (keyof StoredTree)[]))
  const number = fc.oneof(fc.integer({ min: -3, max: 5 }), fc.double(), fc.jsonValue())
  fc.assert(
    fc.property(lists, fc.nat(2), number, (list, place, value) => {
      const tree = structuredClone(fit.trees[0]!) as unknown as Record<string, unknown[]>
      tree[list]![place] = value
      const file = signedAnyhow({ ...trees(), fit: { ...fit, trees: [tree] } } as unknown as UnsignedModel)
      const found = gate(file, rules())
      if (!found.ok) return
      // What passes is scored whatever is asked of it.
      const { probability } = compileModel(found.model).score({ hash: 'x', specs: leadFeatures }, [
        0.4,
        40,
        9,
        'acme',
        'quote',
        'neutral',
        'low',
      ])
      assert.ok(probability === null || (probability >= 0 && probability <= 1))
    }),
    { numRuns: 1000, seed: 7 },
  )
  let deep: unknown = 1
  for (let k = 0; k < 100_000; k++) deep = [deep]
  assert.equal(answer({ ...signed(), report: deep }).error, 'Model digest mismatch')
})
