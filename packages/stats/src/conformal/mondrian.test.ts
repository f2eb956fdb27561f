import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { type BinPath, binKey, fitMondrian, mondrianBatch, mondrianSet, mondrianThresholds } from './mondrian.ts'
import { mondrianStream } from './mondrian-stream.ts'

const draw = rng('mondrian')
const p = Float64Array.from({ length: 700 }, () => Math.round(50 * draw.uniform() ** 2) / 50)
const y = Uint8Array.from(p, value => (draw.uniform() < value ? 1 : 0))
const bins: BinPath[] = Array.from(p, (_, i) => [
  i % 10 === 0 ? 'small' : 'large',
  ['web', 'phone', 'door'][draw.int(3)]!,
])

/** The definition, class by class: sort, and take the k-th. */
function threshold(rows: readonly number[], alpha: number): number | null {
  const scores = rows.map(i => (y[i] === 1 ? 1 - p[i]! : p[i]!)).sort((a, b) => a - b)
  return scores[scores.length - Math.floor((scores.length + 1) * alpha + 1e-9)] ?? null
}

test('each class has its own order statistic, and the sets follow from it', () => {
  const fit = answered(fitMondrian(p, y, { alpha: [0.1, 0.2] }))
  const rows = [...p.keys()]
  const [zero, one] = [
    threshold(
      rows.filter(i => y[i] === 0),
      0.1,
    )!,
    threshold(
      rows.filter(i => y[i] === 1),
      0.2,
    )!,
  ]
  assert.deepEqual(fit.cells[binKey([])]!.threshold, [zero, one])
  const batch = mondrianBatch(fit, p)
  p.forEach((value, i) => {
    assert.equal(batch[i], (value <= zero ? 1 : 0) + (1 - value <= one ? 2 : 0))
    assert.equal(mondrianSet(fit, value), batch[i])
  })
})

test('a bin has thresholds of its own where it has rows enough, else those of its parent, class by class', () => {
  const fit = answered(fitMondrian(p, y, { alpha: 0.05, bins }))
  assert.deepEqual(fit.floor, [19, 19])
  const small = [...p.keys()].filter(i => bins[i]![0] === 'small')
  const zeros = small.filter(i => y[i] === 0)
  assert.ok(zeros.length >= 19 && small.length - zeros.length >= 19)
  assert.deepEqual(mondrianThresholds(fit, ['small']), [
    threshold(zeros, 0.05),
    threshold(
      small.filter(i => y[i] === 1),
      0.05,
    ),
  ])
  const door = small.filter(i => bins[i]![1] === 'door' && y[i] === 1)
  assert.ok(door.length < 19)
  assert.equal(mondrianThresholds(fit, ['small', 'door'])[1], mondrianThresholds(fit, ['small'])[1])
  assert.deepEqual(mondrianThresholds(fit, ['never seen', 'web']), mondrianThresholds(fit, []))
})

test('outcomes put in one by one, in any order, give the same thresholds as all at once', () => {
  const stream = answered(mondrianStream({ alpha: [0.1, 0.3], delta: 0.2 }))
  for (let i = p.length - 1; i >= 0; i--) stream.insert(p[i]!, y[i] as 0 | 1, bins[i]!)
  const fit = answered(fitMondrian(p, y, { alpha: [0.1, 0.3], delta: 0.2, bins }))
  assert.deepEqual(stream.sets(), fit)
  for (let i = 0; i < 50; i++) assert.equal(stream.set(p[i]!, bins[i]!), mondrianSet(fit, p[i]!, bins[i]!))
})

test('without rows of a class its label is always in the set', () => {
  const fit = answered(fitMondrian(p, new Uint8Array(p.length), { alpha: 0.1 }))
  assert.equal(fit.cells[binKey([])]!.threshold[1], null)
  assert.ok(mondrianBatch(fit, p).every(set => set >= 2))
  const stream = answered(mondrianStream({ alpha: 0.1 }))
  assert.equal(stream.set(0), 3)
})

test('names of bins cannot run into each other', () => {
  assert.notEqual(binKey(['a', 'b']), binKey(['a","b']))
  assert.notEqual(binKey([]), binKey(['']))
})

test('probabilities of exactly 0 and 1, one row, nothing and bad numbers have a defined end', () => {
  const fit = answered(fitMondrian(Float64Array.of(0, 1, 0, 1), Uint8Array.of(0, 1, 0, 1), { alpha: 0.4 }))
  assert.deepEqual([...mondrianBatch(fit, Float64Array.of(-0, 0.5, 1))], [1, 0, 2])
  assert.equal(mondrianSet(answered(fitMondrian(Float64Array.of(0.5), Uint8Array.of(1), { alpha: 0.1 })), 0.2), 3)
  assert.equal(codeOf(fitMondrian(new Float64Array(0), new Uint8Array(0), { alpha: 0.1 })), 'empty')
  for (const bad of notFinite)
    assert.equal(codeOf(fitMondrian(bad, Uint8Array.of(0, 1, 1), { alpha: 0.1 })), 'not_finite')
  for (const alpha of [0, 1, NaN, [0.1, 2] as const]) assert.equal(codeOf(fitMondrian(p, y, { alpha })), 'out_of_range')
  assert.equal(codeOf(mondrianStream({ alpha: 0 })), 'out_of_range')
  assert.throws(() => mondrianSet(fit, NaN), RangeError)
  assert.throws(() => mondrianBatch(fit, Float64Array.of(1.5)), RangeError)
  assert.throws(() => fitMondrian(p, y, { alpha: 0.1, bins: [] }), RangeError)
})

test('a bin stands alone for a class from exactly its floor on, whatever the other class has', () => {
  const scores = Float64Array.of(0.1, 0.2, 0.3, 0.4, 0.9, 0.8, 0.8, 0.8, 0.8, 0.5, 0.5)
  const labels = Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1)
  const paths = Array.from(scores, (_, i) => [i < 5 ? 'a' : 'b'])
  const fit = answered(fitMondrian(scores, labels, { alpha: [0.2, 0.5], bins: paths }))
  assert.deepEqual(fit.floor, [4, 1])
  assert.deepEqual(mondrianThresholds(fit, ['a']), [0.4, 1 - 0.9])
  assert.deepEqual(mondrianThresholds(fit, []), [0.8, 0.5])
})
