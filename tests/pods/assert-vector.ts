import assert from 'node:assert/strict'
import type { FeatureValue, PodSettings, Question } from '@surety/contract'
import { deepFreeze } from './deep-freeze.ts'

/** As many values as there are features, each null or of the kind of its own; a rule makes a probability of any of them. */
export function assertVector(
  values: readonly unknown[],
  { featureSpecs, rule }: Question,
  settings: PodSettings,
): void {
  const specs = featureSpecs(settings)
  assert.equal(values.length, specs.length)
  if (rule !== undefined) {
    const kept = [...values] as FeatureValue[]
    const p = rule.probability(deepFreeze(kept))
    assert.ok(typeof p === 'number' && p >= 0 && p <= 1, `the rule gives ${String(p)}`)
    assert.equal(rule.probability(kept), p, 'the rule says another thing when it is asked again')
  }
  for (const [at, { kind, name, period }] of specs.entries()) {
    const value = values[at]
    if (value === null) continue
    if (kind === 'boolean') assert.equal(typeof value, 'boolean', name)
    else if (kind === 'categorical') assert.equal(typeof value, 'string', name)
    else assert.ok(Number.isFinite(value), `${name} is ${String(value)}`)
    if (kind === 'cyclic') assert.ok(Number(value) >= 0 && Number(value) < Number(period), name)
  }
}
