import assert from 'node:assert/strict'
import { test } from 'node:test'
import { featureSpecs, features } from './features.ts'

const settings = {
  time_zone: 'America/Chicago',
  attributes: [
    { name: 'age', kind: 'numeric' },
    { name: 'constructor', kind: 'categorical' },
    { name: 'owner', kind: 'boolean' },
  ],
}

test('the vector is the seven features in their order, then one per declared attribute', () => {
  assert.deepEqual(
    featureSpecs(settings).map(spec => [spec.name, spec.kind]),
    [
      ['score', 'numeric'],
      ['details_len', 'numeric'],
      ['hour_of_day', 'cyclic'],
      ['tenant', 'categorical'],
      ['intent', 'categorical'],
      ['sentiment', 'categorical'],
      ['urgency', 'categorical'],
      ['attr.age', 'numeric'],
      ['attr.constructor', 'categorical'],
      ['attr.owner', 'boolean'],
    ],
  )
})

test('details are counted in code points as received, the hour on the tenant clock, and what is absent is null', () => {
  const values = features({
    event: { payload: { details: '[EMAIL:1] 😀', attributes: { owner: false } }, text: ' ab 😀é ', ignored: [] },
    enrichment: { intent: 'quote', sentiment: 'neutral', urgency: 'high', score: 0.8 },
    tenant: 'roofs',
    recordedAt: new Date('2026-03-10T03:30:00Z'),
    settings,
  })
  assert.deepEqual(values, [0.8, 7, 22, 'roofs', 'quote', 'neutral', 'high', null, null, false])
})
