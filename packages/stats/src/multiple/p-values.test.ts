import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { driftOracles } from '../testing/drift-oracles.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { benjaminiHochberg, benjaminiYekutieli } from './benjamini-hochberg.ts'
import { bonferroni, holm, hommel } from './family-wise.ts'

const { multiple } = driftOracles
const corrections = [
  ['bonferroni', bonferroni, multiple.bonferroni],
  ['Holm', holm, multiple.holm],
  ['Hommel', hommel, multiple.hommel],
  ['Benjamini-Hochberg', benjaminiHochberg, multiple.fdr_bh],
  ['Benjamini-Yekutieli', benjaminiYekutieli, multiple.fdr_by],
] as const

for (const [name, correct, expected] of corrections) {
  test(`${name} equals statsmodels on 25 p-values to 1e-12`, () => {
    const { adjusted, n } = answered(correct(Float64Array.from(multiple.p)))
    assert.equal(n, 25)
    adjusted.forEach((value, i) => {
      assertClose(value, expected[i]!, 1e-12, `p-value ${i}`)
    })
  })

  test(`${name} follows its p-values when they are shuffled, and leaves them as they were`, () => {
    const draw = rng('shuffled p')
    const order = multiple.p.map((_, i) => i)
    for (let i = order.length - 1; i > 0; i--) {
      const j = draw.int(i + 1)
      ;[order[i], order[j]] = [order[j]!, order[i]!]
    }
    const shuffled = Float64Array.from(order, i => multiple.p[i]!)
    const before = Float64Array.from(shuffled)
    const { adjusted } = answered(correct(shuffled))
    assert.deepEqual(shuffled, before)
    order.forEach((i, at) => {
      assertClose(adjusted[at]!, expected[i]!, 1e-12)
    })
  })

  test(`${name} of one p-value is that p-value, ties share their answer, and 0 and 1 stay`, () => {
    assert.deepEqual([...answered(correct(Float64Array.of(0.03))).adjusted], [0.03])
    const [a, b] = answered(correct(Float64Array.of(0.02, 0.02, 0.9))).adjusted
    assert.equal(a, b)
    assert.deepEqual([...answered(correct(Float64Array.of(0, 1))).adjusted], [0, 1])
  })

  test(`${name} refuses nothing, NaN and numbers that are no probability`, () => {
    assert.equal(codeOf(correct(new Float64Array(0))), 'empty')
    assert.equal(codeOf(correct(Float64Array.of(0.1, NaN))), 'not_finite')
    assert.equal(codeOf(correct(Float64Array.of(0.1, 1.1))), 'out_of_range')
    assert.equal(codeOf(correct(Float64Array.of(-0.1, 0.1))), 'out_of_range')
  })
}

test('rejecting where the adjusted p is at most q is the rule "largest i with p_(i) <= i·q/n"', () => {
  const draw = rng('bh rule')
  for (let round = 0; round < 50; round++) {
    const p = Float64Array.from({ length: 30 }, (_, i) => draw.uniform() ** (i < 10 ? 6 : 1))
    const sorted = Float64Array.from(p).sort()
    let last = 0
    for (let i = 1; i <= 30; i++) if (sorted[i - 1]! <= (i * 0.1) / 30) last = i
    const { adjusted } = answered(benjaminiHochberg(p))
    assert.equal(adjusted.filter(value => value <= 0.1 + 1e-12).length, last)
  }
})

test('Hommel is never weaker than Holm and Holm never weaker than Bonferroni', () => {
  const draw = rng('order of corrections')
  for (let round = 0; round < 30; round++) {
    const p = Float64Array.from({ length: 12 }, () => draw.uniform() ** 3)
    const [b, h, m] = [bonferroni, holm, hommel].map(correct => answered(correct(p)).adjusted)
    for (let i = 0; i < 12; i++) assert.ok(m![i]! <= h![i]! + 1e-15 && h![i]! <= b![i]! + 1e-15)
  }
})
