import assert from 'node:assert/strict'
import type { PodSettings, Question } from '@surety/contract'

/** As many values as there are features, each null or of the kind of its own. */
export function assertVector(values: readonly unknown[], { featureSpecs }: Question, settings: PodSettings): void {
  const specs = featureSpecs(settings)
  assert.equal(values.length, specs.length)
  for (const [at, { kind, name, period }] of specs.entries()) {
    const value = values[at]
    if (value === null) continue
    if (kind === 'boolean') assert.equal(typeof value, 'boolean', name)
    else if (kind === 'categorical') assert.equal(typeof value, 'string', name)
    else assert.ok(Number.isFinite(value), `${name} is ${String(value)}`)
    if (kind === 'cyclic') assert.ok(Number(value) >= 0 && Number(value) < Number(period), name)
  }
}
