import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FeatureSpec, FeatureValue } from '@surety/contract'
import { compileTrees, fitTrees, rng, sigmoid } from '@surety/stats'
import type { SecondModel, StoredEncoder, StoredTree, TreesFit } from './artefact.ts'
import { exampleModel, leadEncoders, leadFeatures } from './example-model.ts'
import { explainScore } from './explain-score.ts'
import { compileModel } from './scorer.ts'
import { singleChanges } from './single-changes.ts'
import { exampleTrees, inSecondFormat, stump } from './testing/example-trees.ts'
import { compileTreeRow, storeTrees, treeColumns, treeModel, treeTable } from './trees.ts'

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
const asJson = (model: SecondModel): SecondModel => JSON.parse(JSON.stringify(model)) as SecondModel

const encoders: { readonly [feature: string]: StoredEncoder } = {
  ...leadEncoders,
  details_len: { kind: 'standard', mean: 50, std: 20, missing: true },
  'attr.owner': { kind: 'boolean', mean: 0.5, missing: true },
}
const specs: readonly FeatureSpec[] = [
  ...leadFeatures,
  { name: 'attr.owner', kind: 'boolean', meaning: 'a declared attribute' },
]
const draw = rng('trees of leads')
const one = <T>(list: readonly T[]): T => list[draw.int(list.length)]!
const rows: FeatureValue[][] = Array.from({ length: 1500 }, () => [
  draw.uniform(),
  draw.uniform() < 0.2 ? null : draw.int(200),
  draw.int(24),
  one(['acme', 'new']),
  one(['info', 'quote', 'support', 'chat']),
  one(['negative', 'neutral', 'positive']),
  one(['high', 'low', 'medium']),
  one([true, false, null]),
])

/** Trees fitted on invented leads, as a file would hold them. */
function fittedModel(): SecondModel {
  const model = inSecondFormat(exampleModel({ encoders }))
  const columns = model.features.flatMap(name => treeColumns(name, encoders[name]!))
  const y = Uint8Array.from(rows, ([score, length, hour, , intent]) => {
    const z = 3 * (Number(score) - 0.5) + (length === null ? 1 : 0) + (intent === 'quote' ? 1 : -0.5)
    return draw.uniform() < sigmoid(z + (Number(hour) > 17 ? 1 : 0)) ? 1 : 0
  })
  const asked = columns.map(name => ({ name, kind: 'numeric' }) as const)
  const found = fitTrees(asked, treeTable(model, rows), y, { trees: 60, depth: 5 })
  assert.ok(found.ok)
  const fit = storeTrees(columns, found.model)
  const stats = {
    score: { mean: 0.5, std: 0.3, min: 0, max: 1 },
    details_len: { mean: 100, std: 58, min: 0, max: 199 },
  }
  const hours = { hour_of_day: { mean: 12, std: 7, min: 0, max: 23 } }
  return asJson({ ...model, fit, calibration: { a: 1.25, b: -0.125 }, feature_stats: { ...stats, ...hours } })
}
const model = fittedModel()
const fit = model.fit as TreesFit
const scorer = compileModel(model)
const shown = { hash: 'eight', specs }

/** A walk by the words of the format alone: names of columns, values as they came. */
function walked(values: readonly FeatureValue[]): number {
  const numberOf = (column: string): number => {
    const [feature = '', level] = column.split('=')
    const value = values[model.features.indexOf(feature)] ?? null
    if (level === undefined) return value === null ? Number.NaN : Number(value)
    const encoder = encoders[feature]!
    const known = encoder.kind === 'onehot' && encoder.levels.includes(String(value))
    return Number(level === (known ? value : 'other'))
  }
  const leaf = (tree: StoredTree, node: number): number => {
    const left = tree.left[node]!
    if (left === 0) return tree.value[node]!
    const value = numberOf(fit.columns[tree.column[node]!]!)
    const goesLeft = Number.isNaN(value) ? tree.missing_left[node] === 1 : value <= tree.threshold[node]!
    return leaf(tree, goesLeft ? left : left + 1)
  }
  return fit.trees.reduce((sum, tree) => sum + leaf(tree, 0), fit.base)
}

test('the scorer gives what the statistics package predicts, and what a walk by hand gives, to 1e-12', () => {
  const z = compileTrees(treeModel(fit)).scoreTable(treeTable(model, rows))
  for (const [k, values] of rows.entries()) {
    const { probability } = scorer.score(shown, values)
    assert.ok(Math.abs(probability! - sigmoid(1.25 * z[k]! - 0.125)) < 1e-12)
    assert.ok(Math.abs(z[k]! - walked(values)) < 1e-12, `row ${k}`)
  }
})

test('a row scores the same bits whatever was scored before it, and in whatever order its values come', () => {
  const backwards = { hash: 'backwards', specs: [...specs].reverse() }
  for (const values of rows.slice(0, 200)) {
    const { probability } = scorer.score(shown, values)
    assert.equal(compileModel(model).score(backwards, [...values].reverse()).probability, probability)
  }
})

test('a missing number goes where training sent it; where training saw none it cannot be scored', () => {
  const of = (missing: boolean, left: 0 | 1) =>
    compileModel(
      exampleTrees({
        encoders: { ...leadEncoders, score: { kind: 'standard', mean: 0, std: 1, missing } },
        trees: columns => [stump(columns, 'score', 0.5, [-1, 1], left)],
      }),
    ).score(schema, lead({ score: null }))
  assert.equal(of(true, 1).probability, sigmoid(-1))
  assert.equal(of(true, 0).probability, sigmoid(1))
  assert.deepEqual(of(true, 0).notes, [{ code: 'missing_feature', features: ['score'] }])
  assert.deepEqual([of(false, 0).probability, of(false, 0).cannot], [null, 'missing_feature'])
  const unasked = compileModel(exampleTrees()).score(schema, lead({ details_len: null }))
  assert.deepEqual([unasked.probability, unasked.cannot], [sigmoid(1.75), null], 'no tree asks about it')
})

test('levels are read by the columns of a logistic model: known, other, missing', () => {
  const asks = (column: string, encoder: StoredEncoder, intent: FeatureValue) =>
    compileModel(
      exampleTrees({
        encoders: { ...leadEncoders, intent: encoder },
        trees: columns => [stump(columns, column, 0.5, [-1, 1])],
      }),
    ).score(schema, lead({ intent }))
  const plain = leadEncoders['intent']!
  assert.equal(asks('intent=quote', plain, 'quote').probability, sigmoid(1))
  assert.equal(asks('intent=quote', plain, 'info').probability, sigmoid(-1))
  assert.equal(asks('intent=other', plain, 'never seen').probability, sigmoid(1))
  assert.deepEqual(asks('intent=other', plain, 'never seen').notes, [{ code: 'unseen_category', features: ['intent'] }])
  assert.equal(asks('intent=other', plain, null).probability, sigmoid(1))
  const withMissing: StoredEncoder = { kind: 'onehot', levels: ['quote', 'missing'], other: false }
  assert.equal(asks('intent=missing', withMissing, null).probability, sigmoid(1))
  assert.equal(asks('intent=missing', withMissing, 'never seen').cannot, 'unseen_category')
  const unseen = asks('intent=missing', { ...withMissing, other: 'zero' }, 'never seen')
  assert.deepEqual([unseen.probability, unseen.cannot, unseen.notes[0]?.code], [sigmoid(-1), null, 'unseen_category'])
  const columns = (intent: string) => [
    ...treeTable({ features: ['intent'], encoders: { intent: withMissing } }, [[intent]]).values,
  ]
  assert.deepEqual(
    [columns('quote'), columns('missing'), columns('never seen')],
    [
      [1, 0],
      [0, 1],
      [0, 0],
    ],
  )
})

test('a place on a circle is the same one turn on, and values of a wrong kind are missing', () => {
  const fill = compileTreeRow(model)
  const numbers = (change: { [place: number]: FeatureValue }) => {
    const row = new Float64Array(fit.columns.length + 1)
    fill(Object.assign([...rows[0]!], change), row, 1)
    const at = (column: string) => row[1 + fit.columns.indexOf(column)]
    return [at('score'), at('hour_of_day'), at('attr.owner')]
  }
  assert.deepEqual(numbers({ 0: 7, 2: 25, 7: 1 }), [7, 1, 1])
  assert.deepEqual(numbers({ 0: '7', 2: -1, 7: false }), [Number.NaN, 23, 0])
  assert.deepEqual(numbers({ 0: Infinity, 2: null, 7: 'yes' }), [Number.NaN, Number.NaN, Number.NaN])
})

test('contributions of trees add up to the log-odds of the probability that was shown', () => {
  for (const values of rows.slice(0, 300)) {
    const found = explainScore(model, values)
    assert.ok(found.ok)
    const sum = found.contributions.reduce((total, { contribution }) => total + contribution, found.base)
    assert.ok(Math.abs(sum - found.margin) < 1e-9)
    assert.ok(Math.abs(found.probability - scorer.score(shown, values).probability!) < 1e-12)
    assert.deepEqual([found.method, found.baseline, found.contributions.length], ['tree_shap', 'training_mean', 8])
  }
})

test('of a single question its feature gets all, through the calibration', () => {
  const single = exampleTrees({ base: 0.25, trees: columns => [stump(columns, 'intent=quote', 0.5, [-1, 3])] })
  const found = explainScore({ ...single, calibration: { a: 2, b: 0.5 } }, lead())
  assert.ok(found.ok)
  // Half of the evidence on each side: 1 on average.
  assert.ok(Math.abs(found.base - (2 * (0.25 + 1) + 0.5)) < 1e-12)
  assert.deepEqual(found.contributions[0], { feature: 'intent', value: 'quote', contribution: 2 * 2 })
})

const crosses = (values: readonly FeatureValue[], place: number, value: FeatureValue, threshold: number) =>
  scorer.score(shown, values.with(place, value)).probability! >= threshold !==
  scorer.score(shown, values).probability! >= threshold

test('single changes of trees: what is named crosses, all of it, and what is not named does not', () => {
  let named = 0
  for (const [k, values] of rows.slice(0, 60).entries()) {
    const threshold = scorer.score(shown, values).probability! + (k % 2 === 0 ? 0.08 : -0.08)
    const changes = singleChanges(model, values, threshold)
    for (const [place, max, step] of [
      [0, 1, 0.004],
      [1, 199, 1],
    ] as const) {
      const own = changes.filter(change => change.feature === model.features[place])
      const grid = Array.from({ length: Math.floor(max / step) + 1 }, (_, n) => n * step)
      const now = values[place]
      const flipping = grid.filter(value => crosses(values, place, value, threshold))
      named += own.length
      for (const change of own) {
        const inside = (value: number) => {
          if (change.way === 'one_of') return change.values.includes(value)
          return change.way === 'at_least' ? value >= change.value : value <= change.value
        }
        for (const value of grid.filter(inside)) assert.ok(crosses(values, place, value, threshold), `${k} ${value}`)
        const told = change.way === 'one_of' ? change.values : [change.value]
        for (const value of told) assert.ok(crosses(values, place, value, threshold), `${k} ${value}`)
      }
      // Whoever looks up or down from the present value finds something exactly where the grid has something.
      const up = flipping.filter(value => now === null || value > Number(now))
      const down = now === null ? [] : flipping.filter(value => value < Number(now))
      const least = (up.length > 0 ? 1 : 0) + (down.length > 0 ? 1 : 0)
      assert.ok(own.length >= least, `${k}: ${model.features[place]} ${JSON.stringify(own)}`)
    }
  }
  assert.ok(named > 30, `${named}`)
})

test('a step in the middle of what training saw is named by the value next to the present one', () => {
  const bump = exampleTrees({
    trees: columns => [stump(columns, 'details_len', 80, [-1, 1]), stump(columns, 'details_len', 120, [0, -2])],
  })
  const values = lead({ details_len: 50 })
  const found = singleChanges(bump, values, 0.5)
  assert.equal(found.length, 1)
  const change = found[0]!
  assert.ok(change.way === 'one_of')
  const [value] = change.values as number[]
  assert.ok(value! > 80 && value! < 80.000001)
  const bumps = exampleTrees({
    base: -1,
    trees: columns =>
      [20, 40, 60, 80].map((cut, k) => stump(columns, 'details_len', cut, k % 2 === 0 ? [0, 2] : [0, -2])),
  })
  const beside = (details_len: number) =>
    singleChanges(bumps, lead({ details_len }), 0.5).map(
      change => change.way === 'one_of' && Math.round(+change.values[0]!),
    )
  assert.deepEqual([beside(10), beside(50), beside(150)], [[20], [40, 60], [80]], 'the nearest on either side')
  const above = singleChanges(bump, lead({ details_len: 150 }), 0.5)
  assert.deepEqual(
    above.map(change => change.way === 'one_of' && change.values),
    [[120]],
  )
  assert.deepEqual(
    singleChanges(bump, lead({ details_len: 100 }), 0.5)
      .map(({ way }) => way)
      .sort(),
    ['at_least', 'at_most'],
  )
})
