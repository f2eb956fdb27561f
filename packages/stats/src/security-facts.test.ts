import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitVennAbers, predictVennAbers } from './calibration/venn-abers.ts'
import { averagePrecision } from './metrics/average-precision.ts'
import { precisionAtRecall } from './metrics/precision-at-recall.ts'
import { fewestRows } from './risk/budget.ts'
import { binomialRiskP } from './risk/risk-p-values.ts'
import { armTripwire, observeTripwire } from './risk/tripwire.ts'
import { answered } from './testing/oracles.ts'

// Acceptance facts of the pod security-ops that are about functions, by their number.

const six = (value: number): number => Math.round(value * 1e6) / 1e6

function vennAbers(scores: readonly number[], labels: readonly number[], at: number) {
  const fit = answered(fitVennAbers(Float64Array.from(scores), Uint8Array.from(labels)))
  const { p0, p1, p } = predictVennAbers(fit, Float64Array.of(at))
  return { p0: six(p0[0]!), p1: six(p1[0]!), p: six(p[0]!), width: six(p1[0]! - p0[0]!) }
}

test('fact 39: labels by falling score 1,1,0,1,1,0,0,1,0,0: precision at 80 % recall .80, average precision .835', () => {
  const labels = Uint8Array.of(1, 1, 0, 1, 1, 0, 0, 1, 0, 0)
  const scores = Float64Array.from(labels, (_, place) => 1 - place / 10)
  assert.equal(answered(precisionAtRecall(scores, labels, 0.8)).value, 0.8)
  assert.ok(Math.abs(answered(averagePrecision(scores, labels)).value - 0.835) < 1e-12)
})

test('fact 40: Venn-Abers on six rows at .45: p0 .333333, p1 1, p .6, width .666667', () => {
  const found = vennAbers([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0, 0, 1, 0, 1, 1], 0.45)
  assert.deepEqual(found, { p0: 0.333333, p1: 1, p: 0.6, width: 0.666667 })
})

test('fact 41: 40 rows at .9 with 38 positives: [.926829, .951220], width .024390, p .928571', () => {
  const labels = Array.from({ length: 40 }, (_, k) => (k < 38 ? 1 : 0))
  const found = vennAbers(new Array<number>(40).fill(0.9), labels, 0.9)
  assert.deepEqual(found, { p0: 0.926829, p1: 0.95122, p: 0.928571, width: 0.02439 })
})

test('fact 42: 30 negatives at .1: narrow [0, .032258] there, the whole range at .9', () => {
  const at = (score: number) => vennAbers(new Array<number>(30).fill(0.1), new Array<number>(30).fill(0), score)
  assert.deepEqual([at(0.1).p0, at(0.1).p1], [0, 0.032258])
  assert.deepEqual([at(0.9).p0, at(0.9).p1], [0, 1])
})

test('fact 50: zero-error floors at alpha .10, .05, .02 and .01 are 29, 59, 149 and 299', () => {
  const floors = [0.1, 0.05, 0.02, 0.01].map(epsilon => fewestRows({ epsilon, delta: 0.05 }))
  assert.deepEqual(floors, [29, 59, 149, 299])
})

test('fact 51: at alpha .10, 4 of 100 pass with .0237 and 5 do not (.0576); 1 of 58 passes with .0165 and 2 do not (.0618)', () => {
  const four = (wrong: number, n: number) => Math.round(binomialRiskP(wrong, n, 0.1) * 1e4) / 1e4
  assert.deepEqual([four(4, 100), four(5, 100), four(1, 58), four(2, 58)], [0.0237, 0.0576, 0.0165, 0.0618])
})

test('fact 52: the bet that doubles on an error: EEEE 16 and acting, EEEEE 32 and suspended, ECEEEE 28.44 and suspended', () => {
  const after = (acts: string) => {
    let wire = answered(armTripwire({ epsilon: 0.1, delta: 0.05 }, [0.1 / 0.9]))
    for (const act of acts) wire = observeTripwire(wire, act === 'E' ? 1 : 0)
    return [Math.round(Math.exp(wire.logEvidence) * 100) / 100, wire.tripped]
  }
  assert.deepEqual(after('EEEE'), [16, false])
  assert.deepEqual(after('EEEEE'), [32, true])
  assert.deepEqual(after('ECEEEE'), [28.44, true])
})
