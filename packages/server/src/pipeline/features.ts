import { createHash } from 'node:crypto'
import type { PodSettings } from '@surety/contract'
import type { Enriched, Featured, FeatureSchema } from './item.ts'

// Settings objects are immutable snapshots, so the schema of one is worked out once.
const schemas = new WeakMap<PodSettings, FeatureSchema>()

/** The names and kinds behind the vectors of one pod under these settings; the hash is 16 hex digits of SHA-256. */
export function schemaOf(pod: Enriched['pod'], settings: PodSettings): FeatureSchema {
  const known = schemas.get(settings)
  if (known !== undefined) return known
  const specs = pod.featureSpecs(settings)
  const text = JSON.stringify([pod.name, specs.map(spec => [spec.name, spec.kind, spec.period ?? 0])])
  const schema = { hash: createHash('sha256').update(text).digest('hex').slice(0, 16), specs }
  schemas.set(settings, schema)
  byHash.set(schema.hash, specs)
  return schema
}

/** The names behind a hash that this process has made; what `record` stores before the first vector. */
const byHash = new Map<string, FeatureSchema['specs']>()
export const knownSpecs = (hash: string): FeatureSchema['specs'] | undefined => byHash.get(hash)

/** Computes each item's feature vector, in the order of its schema. */
export function features(items: readonly Enriched[]): readonly Featured[] {
  return items.map(item => ({
    ...item,
    schema: schemaOf(item.pod, item.settings),
    features: item.pod.features({
      event: item.event,
      enrichment: item.enrichment,
      tenant: item.raw.tenant,
      recordedAt: item.recordedAt,
      settings: item.settings,
    }),
  }))
}
