import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { answered, type FixtureFit, logisticFixture as fixture } from '../testing/oracles.ts'
import { type Design, denseDesign } from './design.ts'
import { fitLogistic, type LogisticFit } from './fit-logistic.ts'

const y = Uint8Array.from(fixture.y)
const mixed: Design = {
  rows: y.length,
  columns: 11,
  dense: Float64Array.from(fixture.numbers.flat()),
  denseColumns: Int32Array.of(0, 1, 2, 3),
  codes: Int32Array.from(fixture.colour.flatMap((colour, i) => [4 + colour, 7 + fixture.size[i]!])),
  codesPerRow: 2,
}

function assertSameModel(fit: LogisticFit, expected: FixtureFit, tolerance = 1e-6): void {
  expected.coefficients.forEach((w, j) => {
    assert.ok(Math.abs(fit.coefficients[j]! - w) < tolerance, `coefficient ${j}: ${fit.coefficients[j]} for ${w}`)
  })
  assert.ok(
    Math.abs(fit.intercept - expected.intercept) < tolerance,
    `intercept ${fit.intercept} for ${expected.intercept}`,
  )
}

/** Overlapping classes, heavy enough that rows are thinned for the curvature. */
function made(rows: number, columns: number) {
  const draw = rng('made')
  const values = Float64Array.from({ length: rows * columns }, () => draw.uniform() * 2 - 1)
  const labels = Uint8Array.from({ length: rows }, (_, i) => {
    let z = -1
    for (let j = 0; j < columns; j++) z += Math.sin(j) * values[i * columns + j]!
    return draw.uniform() < 1 / (1 + Math.exp(-z)) ? 1 : 0
  })
  return { design: denseDesign(values, rows, columns), labels }
}

test('coefficients and intercept equal scikit-learn to 1e-6 at weak, plain and strong penalty', () => {
  for (const expected of fixture.fits) assertSameModel(answered(fitLogistic(mixed, y, { c: expected.c })), expected)
})

test('row weights equal scikit-learn to 1e-6', () => {
  const fit = answered(fitLogistic(mixed, y, { c: 1, weights: Float64Array.from(fixture.weights) }))
  assertSameModel(fit, fixture.weighted)
})

test('class weights equal scikit-learn to 1e-6 once the prior correction is put back', () => {
  const { classWeights } = fixture.class_weighted
  const fit = answered(fitLogistic(mixed, y, { c: 1, classWeights }))
  assert.equal(fit.priorCorrection, Math.log(4))
  assertSameModel({ ...fit, intercept: fit.intercept + fit.priorCorrection }, fixture.class_weighted)
})

test('with class weights the mean probability stays near the base rate, thanks to the prior correction', () => {
  const { design, labels } = made(4000, 3)
  const { coefficients, intercept } = answered(fitLogistic(design, labels, { c: 1, classWeights: [1, 9] }))
  let mean = 0
  for (let i = 0; i < 4000; i++) {
    let z = intercept
    for (let j = 0; j < 3; j++) z += coefficients[j]! * design.dense[i * 3 + j]!
    mean += 1 / (1 + Math.exp(-z)) / 4000
  }
  const share = labels.reduce((sum, label) => sum + label, 0) / 4000
  assert.ok(Math.abs(mean - share) < 0.02, `${mean} for ${share}`)
})

test('thinned rows only steer: the optimum is the same to 1e-8 as with a far tighter tolerance', () => {
  const { design, labels } = made(30_000, 12)
  const quick = answered(fitLogistic(design, labels, { c: 1 }))
  const tight = answered(fitLogistic(design, labels, { c: 1, tolerance: 1e-12 }))
  quick.coefficients.forEach((w, j) => {
    assert.ok(Math.abs(w - tight.coefficients[j]!) < 1e-7)
  })
})

test('with many columns, where only the diagonal is used, the gradient at the answer is 0', () => {
  const draw = rng('many levels')
  const rows = 6000
  const codes = Int32Array.from({ length: rows }, () => Math.min(draw.int(500), draw.int(500)))
  const labels = Uint8Array.from(codes, level => (draw.uniform() < 0.2 + 0.5 * (level % 2) ? 1 : 0))
  const design: Design = {
    rows,
    columns: 500,
    dense: new Float64Array(0),
    denseColumns: new Int32Array(0),
    codes,
    codesPerRow: 1,
  }
  const { coefficients, intercept } = answered(fitLogistic(design, labels, { c: 0.5 }))
  const gradient = new Float64Array(501)
  for (let i = 0; i < rows; i++) {
    const residual = 1 / (1 + Math.exp(-intercept - coefficients[codes[i]!]!)) - labels[i]!
    gradient[codes[i]!]! += residual
    gradient[500]! += residual
  }
  for (let j = 0; j < 500; j++) assert.ok(Math.abs(gradient[j]! + coefficients[j]! / 0.5) < 1e-5, `level ${j}`)
  assert.ok(Math.abs(gradient[500]!) < 1e-4)
})

test('doubling every row with half the weight changes nothing, and a weight of 0 is no row', () => {
  const { design, labels } = made(300, 2)
  const once = answered(fitLogistic(design, labels, { c: 1 }))
  const doubled = denseDesign(Float64Array.of(...design.dense, ...design.dense), 600, 2)
  const half = { c: 1, weights: new Float64Array(600).fill(0.5) }
  assertSameModel(
    answered(fitLogistic(doubled, Uint8Array.of(...labels, ...labels), half)),
    { c: 1, ...once, coefficients: [...once.coefficients] },
    1e-8,
  )
  const second = Float64Array.from({ length: 600 }, (_, i) => (i < 300 ? 1 : 0))
  const flipped = Uint8Array.of(...labels, ...labels.map(label => 1 - label))
  assertSameModel(
    answered(fitLogistic(doubled, flipped, { c: 1, weights: second })),
    { c: 1, ...once, coefficients: [...once.coefficients] },
    1e-8,
  )
})

test('no columns at all give the log-odds of the base rate', () => {
  const fit = answered(fitLogistic(denseDesign(new Float64Array(0), 4, 0), Uint8Array.of(0, 0, 0, 1), { c: 1 }))
  assert.ok(Math.abs(fit.intercept - Math.log(1 / 3)) < 1e-9)
})

test('a constant column and a column twice do no harm, with or without penalty', () => {
  const values = Float64Array.of(1, 2, 2, 1, 1, 1, 1, 3, 3, 1, 2, 2, 1, 0, 0, 1, 1, 1)
  for (const c of [1, Infinity]) {
    const fit = answered(fitLogistic(denseDesign(values, 6, 3), Uint8Array.of(1, 0, 1, 0, 0, 1), { c }))
    assert.ok(allFinite(fit))
    // Without penalty only the sum of the twins is determined.
    if (c === 1) assert.ok(Math.abs(fit.coefficients[1]! - fit.coefficients[2]!) < 1e-6)
  }
})

test('separable classes have an answer with a penalty and are refused without one', () => {
  const design = denseDesign(Float64Array.of(-2, -1, 1, 2), 4, 1)
  const labels = Uint8Array.of(0, 0, 1, 1)
  assert.ok(answered(fitLogistic(design, labels, { c: 1 })).coefficients[0]! > 0)
  assert.ok(answered(fitLogistic(design, labels, { c: 1e6 })).coefficients[0]! > 5)
  assert.equal(codeOf(fitLogistic(design, labels, { c: Infinity })), 'separated')
})

test('a rare level that only ever says no is held by a penalty and refused as separated without one', () => {
  const { design: dense, labels } = made(9000, 2)
  const codes = Int32Array.from({ length: 9000 }, (_, i) => 2 + (i % 900 === 7 ? 2 : i % 2))
  const design: Design = { ...dense, columns: 5, codes, codesPerRow: 1 }
  const silent = labels.map((label, i) => (codes[i] === 4 ? 0 : label))
  for (const c of [1, 100, 1e6]) {
    const loose = answered(fitLogistic(design, silent, { c }))
    const tight = answered(fitLogistic(design, silent, { c, tolerance: 1e-11 }))
    loose.coefficients.forEach((w, j) => {
      assert.ok(Math.abs(w - tight.coefficients[j]!) < 1e-6, `c ${c}, column ${j}`)
    })
  }
  assert.equal(codeOf(fitLogistic(design, silent, { c: Infinity })), 'separated')
  // With both answers in every level there is an optimum even without penalty, though only sums are determined.
  const spoken = answered(fitLogistic(design, labels, { c: Infinity }))
  assert.ok(allFinite(spoken))
})

test('values of a million and of a millionth are fitted alike', () => {
  const draw = rng('scales')
  const values = Float64Array.from({ length: 1000 }, (_, i) => (i % 2 ? 1e-6 : 1e6) * (draw.uniform() - 0.5))
  const labels = Uint8Array.from({ length: 500 }, (_, i) => (draw.uniform() < (values[2 * i]! > 0 ? 0.7 : 0.3) ? 1 : 0))
  const fit = answered(fitLogistic(denseDesign(values, 500, 2), labels, { c: 1, tolerance: 1e-10 }))
  assert.ok(allFinite(fit) && fit.coefficients[0]! > 0)
})

test('the caller can stop a fit, and nothing given is written to', () => {
  const { design, labels } = made(300, 2)
  const before = [design.dense.slice(), labels.slice()]
  assert.equal(codeOf(fitLogistic(design, labels, { c: 1, tick: () => false })), 'stopped')
  fitLogistic(design, labels, { c: 1 })
  assert.deepEqual([design.dense, labels], before)
})

test('the same input gives the same bytes', () => {
  const { design, labels } = made(30_000, 6)
  assert.deepEqual(fitLogistic(design, labels, { c: 1 }), fitLogistic(design, labels, { c: 1 }))
})

test('what cannot be fitted is refused with its code', () => {
  const one = denseDesign(Float64Array.of(1, 2, 3), 3, 1)
  const labels = Uint8Array.of(0, 1, 1)
  assert.equal(codeOf(fitLogistic(denseDesign(new Float64Array(0), 0, 1), new Uint8Array(0), { c: 1 })), 'empty')
  assert.equal(codeOf(fitLogistic(one, Uint8Array.of(1, 1, 1), { c: 1 })), 'one_class')
  assert.equal(codeOf(fitLogistic(one, labels, { c: 1, weights: Float64Array.of(0, 1, 1) })), 'one_class')
  assert.equal(codeOf(fitLogistic(one, labels, { c: 1, weights: Float64Array.of(1, -1, 1) })), 'out_of_range')
  assert.equal(codeOf(fitLogistic(one, labels, { c: 1, classWeights: [0, 1] })), 'out_of_range')
  assert.equal(codeOf(fitLogistic(one, Uint8Array.of(0, 1, 2), { c: 1 })), 'out_of_range')
  for (const c of [0, -1, NaN]) assert.equal(codeOf(fitLogistic(one, labels, { c })), 'out_of_range')
  for (const bad of [NaN, Infinity]) {
    assert.equal(codeOf(fitLogistic(denseDesign(Float64Array.of(1, bad, 3), 3, 1), labels, { c: 1 })), 'not_finite')
  }
  assert.throws(() => fitLogistic(one, Uint8Array.of(0, 1), { c: 1 }), RangeError)
})
