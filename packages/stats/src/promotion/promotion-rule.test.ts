import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuse } from '../refusal.ts'
import { type PromotionEvidence, promotionLevel, promotionRule } from './promotion-rule.ts'

const range = (lower: number, upper: number) => ({ ok: true as const, value: (lower + upper) / 2, lower, upper })
const good: PromotionEvidence = {
  logLossDifference: range(-0.03, -0.002),
  aucDifference: range(-0.002, 0.02),
  reason: null,
  challenger: {
    auc: range(0.71, 0.8),
    brierSkill: { ok: true, value: 0.12 },
    calibration: { ok: true, slope: 0.97 },
  },
  segments: [{ segment: 'north', logLoss: range(-0.05, 0.03) }],
  certified: [{ action: 'call', champion: 0.2, challenger: 0.25 }],
  holdoutUses: 2,
}
const limits = { aucFloor: 0.65 }
const failed = (evidence: PromotionEvidence) =>
  promotionRule(evidence, limits)
    .checks.filter(({ passed }) => !passed)
    .map(({ name }) => name)

test('proven better on log loss with all guards holding is promoted', () => {
  const verdict = promotionRule(good, limits)
  assert.equal(verdict.promote, true)
  assert.equal(verdict.ground, 'better')
})

test('merely not worse needs a stated reason', () => {
  const equal = { ...good, logLossDifference: range(-0.01, 0.001) }
  assert.equal(promotionRule(equal, limits).promote, false)
  assert.equal(promotionRule({ ...equal, reason: '  ' }, limits).promote, false)
  const fresh = promotionRule({ ...equal, reason: 'trained on this month' }, limits)
  assert.deepEqual([fresh.promote, fresh.ground], [true, 'not_worse'])
  const worse = { ...equal, reason: 'fresh', aucDifference: range(-0.0051, 0.02) }
  assert.equal(promotionRule(worse, limits).promote, false)
})

test('each guard alone stops a better model, and says which one it was', () => {
  const { challenger } = good
  const guards: [PromotionEvidence, string][] = [
    [{ ...good, challenger: { ...challenger, auc: range(0.64, 0.9) } }, 'auc_floor'],
    [{ ...good, challenger: { ...challenger, brierSkill: { ok: true, value: 0 } } }, 'brier_skill'],
    [{ ...good, challenger: { ...challenger, calibration: { ok: true, slope: 1.26 } } }, 'calibration_slope'],
    [{ ...good, challenger: { ...challenger, calibration: { ok: true, slope: 0.79 } } }, 'calibration_slope'],
    [{ ...good, segments: [{ segment: 'south', logLoss: range(0.001, 0.1) }] }, 'segment'],
    [{ ...good, certified: [{ action: 'call', champion: 0.2, challenger: 0.19 }] }, 'certified_share'],
    [{ ...good, holdoutUses: 10 }, 'holdout_uses'],
  ]
  for (const [evidence, name] of guards) {
    assert.equal(promotionRule(evidence, limits).promote, false, name)
    assert.deepEqual(
      failed(evidence).filter(check => check !== 'not_worse'),
      [name],
    )
  }
})

test('a refused figure does not pass its check, a segment too small to judge does not block', () => {
  const few = refuse('too_few', 3, 10, 'three rows')
  assert.equal(promotionRule({ ...good, logLossDifference: few }, limits).promote, false)
  assert.equal(promotionRule({ ...good, challenger: { ...good.challenger, auc: few } }, limits).promote, false)
  assert.equal(promotionRule({ ...good, segments: [{ segment: 'tiny', logLoss: few }] }, limits).promote, true)
})

test('several challengers in one cycle share the 5 %', () => {
  assert.equal(promotionLevel(1), 0.95)
  assert.equal(promotionLevel(5), 0.99)
  assert.throws(() => promotionLevel(0), RangeError)
})
