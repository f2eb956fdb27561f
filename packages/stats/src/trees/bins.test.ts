import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { binTable, chooseCuts } from './bins.ts'
import { numericFeatures } from './testing/tree-world.ts'

const binned = (values: Float64Array, y: Uint8Array) => {
  const codes = new Uint8Array(values.length)
  const counts = new Int32Array(1)
  const table = { rows: values.length, columns: 1, values }
  const [cuts] = binTable(table, numericFeatures(1), y, values.length, { codes, counts })
  return { codes, count: counts[0]!, cuts: cuts! }
}

test('few distinct values get a bin each, cut half-way between', () => {
  assert.deepEqual([...chooseCuts(Float64Array.of(3, 1, 1, 2, 3), new Float64Array(0))], [1.5, 2.5])
  assert.deepEqual([...chooseCuts(new Float64Array(0), new Float64Array(0))], [])
  // Neighbouring doubles have nothing between them: the cut is the lower one, and x <= cut still parts them.
  const next = 1 + Number.EPSILON
  assert.deepEqual([...chooseCuts(Float64Array.of(1, next), new Float64Array(0))], [1])
  const huge = chooseCuts(Float64Array.of(-Number.MAX_VALUE, Number.MAX_VALUE), new Float64Array(0))
  assert.deepEqual([...huge], [0])
})

test('every value lies in the bin whose cuts enclose it, missing ones in the bin after the last', () => {
  const draw = rng('bins')
  for (const shape of [(u: number) => u, (u: number) => Math.exp(40 * u), (u: number) => Math.round(u * 300)]) {
    const values = Float64Array.from({ length: 5000 }, () => (draw.uniform() < 0.1 ? NaN : shape(draw.uniform())))
    const y = Uint8Array.from(values, () => draw.int(2))
    const { codes, count, cuts } = binned(values, y)
    assert.ok(count <= 255 && count === cuts.length + 1)
    values.forEach((value, i) => {
      const expected = Number.isNaN(value) ? count : cuts.filter(cut => cut < value).length
      assert.equal(codes[i], expected, `${value}`)
    })
  }
})

test('the rarer class gets cuts where it lies, however few its rows', () => {
  const draw = rng('rare')
  // One row in a hundred is positive and lies in the top two hundredths: plain quantiles would leave five cuts there.
  const y = Uint8Array.from({ length: 20_000 }, (_, i) => (i % 100 === 0 ? 1 : 0))
  const values = Float64Array.from(y, label => (label ? 0.98 + 0.02 * draw.uniform() : draw.uniform()))
  const { cuts } = binned(values, y)
  const inTail = cuts.filter(cut => cut > 0.98).length
  assert.ok(inTail > 50, `${inTail} cuts in the tail`)
  const { cuts: plain } = binned(
    values,
    y.map((_, i) => i % 2),
  )
  assert.ok(plain.filter(cut => cut > 0.98).length < 15)
})
