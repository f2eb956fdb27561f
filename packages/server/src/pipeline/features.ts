import { createHash } from 'node:crypto'
import { mainQuestion, type PodSettings, type Question } from '@surety/contract'
import type { Enriched, Featured, FeatureSchema } from './item.ts'

// Settings objects are immutable snapshots, so the schema of one is worked out once.
const schemas = new WeakMap<PodSettings, Map<Question, FeatureSchema>>()

/** The names and kinds behind the vectors of one question under these settings; the hash is 16 hex digits of SHA-256. */
export function schemaOf(question: Question, settings: PodSettings): FeatureSchema {
  const ofSettings = schemas.get(settings)
  const known = ofSettings?.get(question)
  if (known !== undefined) return known
  const specs = question.featureSpecs(settings)
  const text = JSON.stringify([nameOf(question), specs.map(spec => [spec.name, spec.kind, spec.period ?? 0])])
  const schema = { hash: createHash('sha256').update(text).digest('hex').slice(0, 16), specs }
  if (ofSettings === undefined) schemas.set(settings, new Map([[question, schema]]))
  else ofSettings.set(question, schema)
  byHash.set(schema.hash, specs)
  return schema
}

/** Hashes of before pods had several questions name the pod alone. */
const nameOf = ({ pod, name }: Question): string => (name === mainQuestion ? pod : `${pod}/${name}`)

/** The names behind a hash that this process has made; what `record` stores before the first vector. */
const byHash = new Map<string, FeatureSchema['specs']>()
export const knownSpecs = (hash: string): FeatureSchema['specs'] | undefined => byHash.get(hash)

/** Computes each item's feature vector, in the order of its schema. */
export function features(items: readonly Enriched[]): readonly Featured[] {
  return items.map(item => ({
    ...item,
    schema: schemaOf(item.question, item.settings),
    features: item.question.features({
      event: item.event,
      enrichment: item.enrichment,
      tenant: item.raw.tenant,
      recordedAt: item.recordedAt,
      settings: item.settings,
      ...(item.look !== undefined && { look: item.look }),
    }),
  }))
}
