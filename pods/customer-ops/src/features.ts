import type { FeatureInput, FeatureSpec, FeatureValue, Json, PodSettings } from '@surety/contract'
import { attributeFeatures, attributesOf, attributeValue } from './attributes.ts'
import { codePoints } from './fields.ts'
import { hourInZone, isTimeZone } from './time-zone.ts'

/** The seven features of every model of this pod, in the order of the vector. */
export const baseFeatures: readonly FeatureSpec[] = [
  { name: 'score', kind: 'numeric', meaning: 'Score of the text enrichment, 0 to 1.' },
  { name: 'details_len', kind: 'numeric', meaning: 'Length of the details as received, in Unicode code points.' },
  {
    name: 'hour_of_day',
    kind: 'cyclic',
    period: 24,
    meaning: "Hour of the day, 0 to 23, when the lead was recorded, in the tenant's time zone.",
  },
  { name: 'tenant', kind: 'categorical', meaning: 'Name of the tenant.' },
  { name: 'intent', kind: 'categorical', meaning: 'What the text asks for: quote, info, support or unknown.' },
  { name: 'sentiment', kind: 'categorical', meaning: 'Tone of the text: positive, neutral or negative.' },
  { name: 'urgency', kind: 'categorical', meaning: 'Haste in the text: high, medium or low.' },
]

const specs = new WeakMap<PodSettings, readonly FeatureSpec[]>()

export function featureSpecs(settings: PodSettings): readonly FeatureSpec[] {
  const cached = specs.get(settings)
  if (cached !== undefined) return cached
  const all = [...baseFeatures, ...attributeFeatures(settings)]
  specs.set(settings, all)
  return all
}

/** Needs no past: everything is in the lead, its enrichment, the tenant and the moment it was recorded. */
export function features({ event, enrichment, tenant, recordedAt, settings }: FeatureInput): readonly FeatureValue[] {
  const values: FeatureValue[] = [
    number(enrichment['score']),
    codePoints(event.text ?? ''),
    hourInZone(recordedAt, tenantZone(settings)),
    tenant,
    word(enrichment['intent']),
    word(enrichment['sentiment']),
    word(enrichment['urgency']),
  ]
  const attributes = event.payload['attributes']
  for (const name of attributesOf(settings).keys()) values.push(attributeValue(attributes, name))
  return values
}

const number = (value: Json | undefined): FeatureValue => (typeof value === 'number' ? value : null)
const word = (value: Json | undefined): FeatureValue => (typeof value === 'string' ? value : null)

export function tenantZone(settings: PodSettings): string {
  const zone = settings['time_zone']
  return typeof zone === 'string' && isTimeZone(zone) ? zone : 'UTC'
}
