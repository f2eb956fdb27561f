import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileModel } from '../../model/scorer.ts'
import { makeSigningKey, signModel } from '../../model/signature.ts'
import { exampleRows, exampleSpecs, exampleStart } from './example-rows.ts'
import { createRowStore } from './row-store.ts'
import { expandingFolds, splitByTime } from './split.ts'
import { type TrainOutcome, type TrainRequest, trainModel } from './train-model.ts'
import type { TrainingRow } from './training-row.ts'
import type { CheckName } from './verdict.ts'

const day = 86_400_000
const request: TrainRequest = {
  nowMs: exampleStart + 60 * day,
  version: 1_772_000_000,
  seed: 1,
  minAuc: 0.65,
  champion: null,
  pod: 'customer-ops',
  question: 'main',
  tenant: '*',
  segmentFeatures: ['intent'],
  golden: [],
  timed: true,
}
const train = (rows: readonly TrainingRow[], change: Partial<TrainRequest> = {}) =>
  judged(trainModel({ specs: exampleSpecs, rows }, { ...request, ...change }))

function judged(outcome: TrainOutcome) {
  assert.ok(!outcome.stopped)
  return outcome
}
const found = (outcome: ReturnType<typeof train>, name: CheckName) =>
  outcome.verdict.checks.find(check => check.name === name)
const refusedBy = (outcome: ReturnType<typeof train>) =>
  outcome.verdict.checks.filter(check => check.passed === false).map(check => check.name)

test('a good data set is accepted, and every check says its number and a sentence', () => {
  const outcome = train(exampleRows(1200))
  assert.equal(outcome.verdict.sentence, 'Accepted: 13 checks passed.')
  assert.equal(outcome.verdict.checks.length, 15)
  for (const check of outcome.verdict.checks) assert.match(check.sentence, /\.$/)
  assert.equal(outcome.model?.metrics.n_train, 960)
  assert.equal(outcome.model?.metrics.n_test, 240)
  assert.equal(outcome.model?.metrics.auc, outcome.verdict.auc)
})

test('fact 53: the same rows give the same bytes, in whatever order they arrived', () => {
  const rows = exampleRows(600)
  const store = createRowStore(exampleSpecs.slice(0, 3))
  const schema = { hash: 'one', specs: exampleSpecs }
  store.add([...rows].reverse(), schema)
  store.add(rows.slice(0, 50), schema)
  const again = judged(trainModel(store.set(), request))
  assert.equal(JSON.stringify(train(rows).model), JSON.stringify(again.model))
})

test('the model carries the mean of every column over the training rows alone', () => {
  const rows = exampleRows(1200)
  const { model } = train(rows)
  assert.ok(model?.fit.kind === 'logistic' && model.fit.column_means)
  const { columns, column_means: means } = model.fit
  assert.equal(means.length, columns.length)
  const numeric = model.features.find(name => model.encoders[name]?.kind === 'standard')!
  const onehot = model.features.find(name => model.encoders[name]?.kind === 'onehot')!
  const mean = (column: string) => means[columns.indexOf(column)]!
  // Standardised over the training rows, so 0 there but for what was clipped; the levels of a category share the whole.
  assert.ok(Math.abs(mean(numeric)) < 0.01, `${mean(numeric)}`)
  const shares = columns.filter(column => column.startsWith(`${onehot}=`)).map(mean)
  assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-12)
})

test('fact 53: 60 rows and one class are refused with the exact shortfall', () => {
  const few = train(exampleRows(60))
  assert.equal(few.model, null)
  assert.match(found(few, 'enough_rows')!.sentence, /64 more training rows \(36 of 100\)/)
  const one = train(exampleRows(400).map(row => ({ ...row, label: 0 as const })))
  assert.match(found(one, 'enough_rows')!.sentence, /20 more rows with label 1 \(0 of 20\)/)
})

test('the hold-out is the newest 20 %, widened by 5 % until it has 10 rows of each class', () => {
  const labels = (n: number, positives: readonly number[]) =>
    Uint8Array.from({ length: n }, (_, k) => (positives.includes(k) ? 1 : 0))
  const tens = Array.from({ length: 10 }, (_, k) => 190 + k)
  assert.deepEqual(splitByTime(labels(200, tens)), {
    trainRows: 160,
    share: 0.2,
    heldOut: { positives: 10, negatives: 30 },
  })
  const earlier = Array.from({ length: 10 }, (_, k) => 145 + 5 * k)
  assert.equal(splitByTime(labels(200, earlier)).share, 0.3)
  assert.deepEqual(splitByTime(labels(200, [0, 1])), {
    trainRows: 100,
    share: 0.5,
    heldOut: { positives: 0, negatives: 100 },
  })
})

test('folds expand in time order and cover everything after the first quarter', () => {
  assert.deepEqual(expandingFolds(10), [
    { train: 2, until: 5 },
    { train: 5, until: 7 },
    { train: 7, until: 10 },
  ])
})

test('labels exchanged in the newest part are refused', () => {
  const outcome = train(exampleRows(1200, { flipFrom: 960 }))
  assert.ok(refusedBy(outcome).includes('flipped_labels'))
  assert.ok(refusedBy(outcome).includes('auc_floor'))
})

test('labels exchanged altogether are refused by the champion that once ranked well', () => {
  const model = train(exampleRows(1200)).model!
  const champion = signModel(model, makeSigningKey().key)
  const outcome = train(exampleRows(1200, { seed: 2, flipFrom: 0 }), { champion })
  assert.deepEqual(refusedBy(outcome), ['flipped_labels'])
})

test('a feature that knows the outcome is refused by name', () => {
  const outcome = train(exampleRows(1200, { leaking: true }))
  assert.deepEqual(refusedBy(outcome), ['leak'])
  assert.match(found(outcome, 'leak')!.sentence, /^attr\.urgent alone/)
})

test('a feature that is only missing before the outcome leaks too', () => {
  const rows = exampleRows(1200).map(row => ({
    ...row,
    values: [...row.values.slice(0, 3), row.label === 1 ? true : null],
  }))
  assert.deepEqual(refusedBy(train(rows)), ['leak'])
})

test('rows whose newest is 60 days old are stale; without times their age is unknown', () => {
  const rows = exampleRows(1200)
  const newest = rows.at(-1)!.at
  assert.deepEqual(refusedBy(train(rows, { nowMs: newest + 60 * day })), ['freshness'])
  assert.deepEqual(refusedBy(train(rows, { nowMs: newest + 59 * day })), [])
  assert.equal(found(train(rows, { nowMs: newest + 99 * day, timed: false }), 'freshness')?.passed, null)
})

test('a challenger that is clearly worse than the champion on the same cases is refused', () => {
  const champion = signModel(train(exampleRows(1200)).model!, makeSigningKey().key)
  // What it learns from says nothing of the score, which carries most of the truth on the cases that follow.
  const blind = exampleRows(1500).map((row, k) => (k < 1200 ? { ...row, values: [0.5, ...row.values.slice(1)] } : row))
  const outcome = train(blind, { champion, minAuc: 0.5, segmentFeatures: [] })
  assert.deepEqual(
    refusedBy(outcome),
    ['champion', 'better'],
    'good enough by itself, and refused for what it would replace',
  )
  assert.ok(!outcome.verdict.accepted && outcome.heldOut.length === 0)
  const check = found(outcome, 'champion')!
  assert.deepEqual([check.limit, check.n], [-0.02, 300])
  assert.ok(check.value! < -0.1, check.sentence)
  assert.equal(found(train(exampleRows(1200), { champion }), 'champion')?.value, 0)
})

test('held-out cases come back with the bits that the artefact gives in service, and only when it is accepted', () => {
  const rows = exampleRows(1200, { source: 'window' }).map((row, k) => ({
    ...row,
    quality: k % 2 === 0 ? 'silence' : 'human',
  }))
  const { model, heldOut } = train(rows)
  const stored = JSON.parse(JSON.stringify(signModel(model!, makeSigningKey().key)))
  const scorer = compileModel(stored)
  const service = { hash: 'in service', specs: exampleSpecs }
  assert.deepEqual(
    heldOut,
    rows.slice(960).map(({ id, tenant, label, at, source, quality, values }) => {
      const { probability } = scorer.score(service, values)
      return { id, tenant, probability, label, at, source, quality }
    }),
  )
  assert.deepEqual(train(exampleRows(1200, { leaking: true })).heldOut, [])
})

test('a challenger that is no better stays out while the champion is young, and takes the place of an old one', () => {
  const rows = exampleRows(2000)
  const champion = signModel(train(rows).model!, makeSigningKey().key)
  const better = (change: Partial<TrainRequest>) => found(train(rows, { champion, ...change }), 'better')!
  const after = (days: number) => ({ nowMs: champion.version * 1000 + days * day })
  const same = better(after(30))
  assert.deepEqual([same.passed, same.limit, same.n], [false, 0, 400], same.sentence)
  assert.ok(Math.abs(same.value!) < 1e-12)
  assert.match(
    same.sentence,
    /gain 0\.0000, at least 0\.0000 \(95 %\); the champion is 30 days old, so above 0 is needed\.$/,
  )
  const old = better(after(30.1))
  assert.deepEqual([old.passed, old.limit], [true, -0.002], old.sentence)
  assert.equal(found(train(rows), 'better')?.passed, null)
})

test('a challenger that learned what the champion never saw is better, the other way round it is not', () => {
  const rows = exampleRows(2000)
  // The training part tells nothing of the score, the judged part is as it was.
  const poorer = rows.map((row, k) => (k < 1600 ? { ...row, values: [0.5, ...row.values.slice(1)] } : row))
  const model = (of: readonly TrainingRow[]) => signModel(train(of, { minAuc: 0.5 }).model!, makeSigningKey().key)
  const up = train(rows, { champion: model(poorer) })
  assert.deepEqual([found(up, 'better')!.passed, up.verdict.accepted], [true, true], up.verdict.sentence)
  // A gain that chance could have brought proves nothing.
  const little = rows.map((row, k) => (k < 1600 && k % 3 > 0 ? { ...row, values: [0.5, 3, 'info', false] } : row))
  const unproven = found(train(rows, { champion: model(little) }), 'better')!
  assert.match(unproven.sentence, /: gain 0\.00[1-9]\d, at least -0\.00\d\d /)
  assert.equal(unproven.passed, false)
  const down = train(poorer, { champion: model(rows), minAuc: 0.5 })
  assert.equal(found(down, 'better')!.passed, false)
  assert.ok(found(down, 'better')!.value! < -0.002)
  assert.ok(!down.verdict.accepted && down.heldOut.length === 0)
})

test('what the champion cannot score counts with its base rate: a challenger that can do without a value is better', () => {
  const rows = exampleRows(16_000)
  // A value that was always there at first: the champion cannot do without it.
  const lacking = (from: number) =>
    rows.map((row, k) =>
      k >= from && k % 2 === 0 ? { ...row, values: [row.values[0]!, row.values[1]!, null, row.values[3]!] } : row,
    )
  const champion = signModel(train(rows).model!, makeSigningKey().key)
  const outcome = train(lacking(8000), { champion })
  const check = found(outcome, 'better')!
  assert.match(
    check.sentence,
    /on the same 3200 cases, 1600 of which it cannot score and says its base rate: gain 0\.\d+/,
  )
  assert.deepEqual([check.passed, check.n, found(outcome, 'champion')!.n], [true, 3200, 1600], check.sentence)
})

test('a segment that is not ranked is refused by name; a segment of one class is unknown', () => {
  const mixed = exampleRows(2000).map((row, k) => {
    const tenant = k % 6 === 0 ? 'broken' : k % 6 === 1 ? 'onesided' : 'acme'
    if (tenant === 'broken') return { ...row, tenant, label: row.label === 1 ? (0 as const) : (1 as const) }
    return tenant === 'onesided' ? { ...row, tenant, label: 0 as const } : { ...row, tenant }
  })
  const check = found(train(mixed, { minAuc: 0.5 }), 'segments')!
  assert.equal(check.passed, false)
  assert.match(check.sentence, /tenant broken/)
  assert.doesNotMatch(check.sentence, /onesided/)
})

test('imported labels cannot carry a model that fails on live ones', () => {
  const rows = exampleRows(2000, { source: 'imported' })
  assert.equal(found(train(rows), 'live_labels')?.passed, null)
  const live = rows.map((row, k) => (k % 5 === 0 ? { ...row, source: 'reported', label: ((k / 5) % 2) as 0 | 1 } : row))
  assert.equal(found(train(live, { minAuc: 0.6 }), 'live_labels')?.passed, false)
})

test('a golden case that moves out of its bounds blocks the candidate', () => {
  const features = { score: 0.95, hour_of_day: 9, intent: 'quote', 'attr.urgent': true }
  const rows = exampleRows(1200)
  assert.deepEqual(refusedBy(train(rows, { golden: [{ name: 'sure quote', features, least: 0.8, most: 1 }] })), [])
  const broken = train(rows, { golden: [{ name: 'sure quote', features, least: 0, most: 0.1 }] })
  assert.deepEqual(refusedBy(broken), ['golden_cases'])
  assert.match(broken.verdict.sentence, /sure quote/)
})

test('attributes of several tenants become one model; who lacks one counts as missing', () => {
  const store = createRowStore(exampleSpecs.slice(0, 3))
  const rows = exampleRows(1200)
  const plain = rows.filter((_, k) => k % 2 === 0).map(row => ({ ...row, values: row.values.slice(0, 3) }))
  store.add(plain, { hash: 'plain', specs: exampleSpecs.slice(0, 3) })
  store.add(
    rows.filter((_, k) => k % 2 === 1),
    { hash: 'more', specs: exampleSpecs },
  )
  const { model } = judged(trainModel(store.set(), request))
  assert.deepEqual(
    model?.features,
    exampleSpecs.map(spec => spec.name),
  )
  assert.ok(model?.fit.columns.includes('attr.urgent=missing'))
  assert.ok(!model?.fit.columns.includes('intent=other'))
})

test('a level that comes later is scored with the mean effect of those that training saw', () => {
  const { model } = train(exampleRows(1200))
  assert.ok(model?.encoders['intent']?.kind === 'onehot' && model.encoders['intent'].other === 'zero')
  const scorer = compileModel(model)
  const intent = exampleSpecs.findIndex(({ name }) => name === 'intent')
  const logOdds = (level: string): number => {
    const values = exampleRows(1)[0]!.values.map((value, place) => (place === intent ? level : value))
    const p = scorer.score({ hash: 'later', specs: exampleSpecs }, values).probability!
    return Math.log(p / (1 - p))
  }
  const known = model.encoders['intent'].levels.map(logOdds)
  const mean = known.reduce((sum, z) => sum + z, 0) / known.length
  assert.ok(Math.max(...known) - Math.min(...known) > 0.1, `levels ${known} do not differ`)
  assert.ok(Math.abs(logOdds('callback') - mean) < 1e-5, `${logOdds('callback')} is not ${mean}`)
})

test('a tick of false stops the training', () => {
  const outcome = trainModel({ specs: exampleSpecs, rows: exampleRows(600) }, request, done => done < 4)
  assert.deepEqual(outcome, { stopped: true })
})

/** What a quote says of the score, other intents turn round: no line through both tells anything. */
const crossed = (count: number): TrainingRow[] =>
  exampleRows(count).map(row => {
    const [score, hour, intent] = row.values
    return { ...row, values: [intent === 'quote' ? score! : 1 - Number(score), hour!, intent!, row.values[3]!] }
  })

test('trees learn what no line can tell, by the same checks', () => {
  const line = train(crossed(3000), { nowMs: exampleStart + 151 * day })
  const trees = train(crossed(3000), { nowMs: exampleStart + 151 * day, kind: 'trees' })
  assert.ok(!line.verdict.accepted && refusedBy(line).includes('segments'))
  assert.equal(trees.verdict.sentence, 'Accepted: 13 checks passed.')
  assert.ok(trees.verdict.auc! > line.verdict.auc! + 0.05, `${trees.verdict.auc} ${line.verdict.auc}`)
  const { model } = trees
  assert.ok(model?.fit.kind === 'trees' && model.fit.trees.length > 1 && model.fit.trees.length < 150)
  assert.deepEqual(
    [model.schema, model.question, model.report?.['trees']],
    ['surety.model/2', 'main', model.fit.trees.length],
  )
  assert.match(found(trees, 'fit')!.sentence, /^Fitted with \d+ trees on 2400 rows, calibrated on 1800\.$/)
  const again = train(crossed(3000), { nowMs: exampleStart + 151 * day, kind: 'trees' })
  assert.equal(JSON.stringify(again.model), JSON.stringify(model))
})

test('trees are judged by the scores that their artefact gives in service', () => {
  const outcome = train(exampleRows(1200), { kind: 'trees' })
  const stored = JSON.parse(JSON.stringify(signModel(outcome.model!, makeSigningKey().key)))
  const scorer = compileModel(stored)
  const judgedRows = exampleRows(1200).slice(960)
  assert.deepEqual(
    outcome.heldOut.map(row => row.probability),
    judgedRows.map(({ values }) => scorer.score({ hash: 'in service', specs: exampleSpecs }, values).probability),
  )
  const champion = signModel(outcome.model!, makeSigningKey().key)
  assert.equal(found(train(exampleRows(1200), { champion, kind: 'trees' }), 'champion')?.value, 0)
})

test('trees of rows that are too few or stopped end like a line does', () => {
  assert.deepEqual(refusedBy(train(exampleRows(60), { kind: 'trees' })), ['enough_rows'])
  for (const last of [0, 1, 3, 4]) {
    const outcome = trainModel(
      { specs: exampleSpecs, rows: exampleRows(600) },
      { ...request, kind: 'trees' },
      done => done < last,
    )
    assert.deepEqual(outcome, { stopped: true })
  }
})
