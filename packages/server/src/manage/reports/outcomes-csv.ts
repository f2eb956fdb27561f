import type { FeatureValue } from '@surety/contract'
import { csvLine } from '../../csv/csv-line.ts'
import type { LabelledCase } from '../../store/labelled-cases.ts'

const leading = [
  'lead_id',
  'tenant',
  'intent',
  'sentiment',
  'urgency',
  'score',
  'details_len',
  'hour_of_day',
  'outcome',
  'label',
  'decided_at',
  'pred_prob',
  'model_version',
  'label_source',
] as const

export interface OutcomesFile {
  readonly header: string
  line(row: LabelledCase): string
}

/** How each row is written: every value that the model saw comes from the vector stored with the decision. */
export function outcomesFile(schemas: ReadonlyMap<string, readonly string[]>): OutcomesFile {
  const attributes = [...new Set([...schemas.values()].flat().filter(name => name.startsWith('attr.')))]
  const positions = new Map(
    [...schemas].map(([hash, names]) => [hash, new Map(names.map((name, index) => [name, index]))] as const),
  )
  return {
    header: csvLine([...leading, ...attributes]),
    line(row) {
      const places = positions.get(row.schemaHash)
      const seen = (name: string): FeatureValue => {
        const at = places?.get(name)
        return at === undefined ? null : (row.features[at] ?? null)
      }
      return csvLine([
        row.caseId,
        seen('tenant'),
        seen('intent'),
        seen('sentiment'),
        seen('urgency'),
        seen('score'),
        seen('details_len'),
        seen('hour_of_day'),
        row.outcome,
        row.label,
        row.recordedAt.toISOString(),
        row.probability === null ? null : Math.round(row.probability * 1000) / 1000,
        row.modelVersion,
        row.source,
        ...attributes.map(seen),
      ])
    },
  }
}
