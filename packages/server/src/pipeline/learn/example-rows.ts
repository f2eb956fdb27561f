import type { FeatureSpec } from '@surety/contract'
import { rng } from '@surety/stats'
import type { TrainingRow } from './training-row.ts'

export const exampleSpecs: readonly FeatureSpec[] = [
  { name: 'score', kind: 'numeric', meaning: 'score' },
  { name: 'hour_of_day', kind: 'cyclic', period: 24, meaning: 'hour' },
  { name: 'intent', kind: 'categorical', meaning: 'intent' },
  { name: 'attr.urgent', kind: 'boolean', meaning: 'attribute' },
]

const dayMs = 86_400_000
export const exampleStart = Date.parse('2026-01-01T00:00:00Z')

interface Change {
  readonly seed?: number
  readonly flipFrom?: number
  /** The label itself as a feature: `attr.urgent` says how it ended. */
  readonly leaking?: boolean
  readonly source?: string
  readonly perDay?: number
}

/** Made-up cases whose outcome follows score and intent with noise: an AUC of about .8. */
export function exampleRows(count: number, change: Change = {}): TrainingRow[] {
  const { seed = 1, flipFrom = count, leaking = false, source = 'reported', perDay = 20 } = change
  const random = rng(seed)
  const intents = ['quote', 'info', 'support']
  return Array.from({ length: count }, (_, k) => {
    const score = random.uniform()
    const intent = intents[random.int(3)]!
    const z = 4 * (score - 0.5) + (intent === 'quote' ? 1 : -0.5)
    const drawn = random.uniform() < 1 / (1 + Math.exp(-z)) ? 1 : 0
    const label = k >= flipFrom ? ((1 - drawn) as 0 | 1) : drawn
    const urgent = leaking ? label === 1 : random.uniform() < 0.5
    const at = exampleStart + Math.floor((k * dayMs) / perDay)
    const id = `case-${String(k).padStart(6, '0')}`
    return { id, at, values: [score, random.int(24), intent, urgent], label, tenant: 'acme', source }
  })
}
