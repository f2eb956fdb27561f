import type { FeatureSpec } from '@surety/contract'
import { mostAttributes } from '../../model/gate.ts'
import type { TrainRequest } from './train-model.ts'
import type { RowChange, RowSchema, TrainingRow, TrainingSet } from './training-row.ts'

export interface RowStore {
  readonly size: number
  add(changes: readonly RowChange[], schema: RowSchema): void
  /** Time order; equal times by id, so that the order of arrival never matters. */
  set(learnable?: TrainRequest['learnable']): TrainingSet
}

interface Kept {
  readonly row: TrainingRow
  readonly schema: RowSchema
}

/**
 * Keeps the newest word on every case across training runs. Tenants may declare different attributes: the model's
 * features are the base ones and then every attribute that any row has, by name.
 */
export function createRowStore(base: readonly FeatureSpec[]): RowStore {
  const kept = new Map<string, Kept>()
  const schemas = new Map<string, RowSchema>()
  return {
    get size() {
      return kept.size
    },
    add(changes, schema) {
      const known = schemas.get(schema.hash) ?? schema
      schemas.set(schema.hash, known)
      for (const row of changes) {
        if (row.label === null) kept.delete(row.id)
        else kept.set(row.id, { row, schema: known })
      }
    },
    set(learnable = {}) {
      const all = [...kept.values()]
        .filter(({ row }) => isLearnable(row, learnable))
        .sort((a, b) => a.row.at - b.row.at || (a.row.id < b.row.id ? -1 : a.row.id > b.row.id ? 1 : 0))
      const specs = unionOf(base, new Set(all.map(entry => entry.schema)))
      const orders = new Map<RowSchema, readonly number[] | null>()
      const rows = all.map(({ row, schema }) => {
        let order = orders.get(schema)
        if (order === undefined) {
          order = orderOf(schema.specs, specs)
          orders.set(schema, order)
        }
        return order === null ? row : { ...row, values: order.map(place => row.values[place] ?? null) }
      })
      return { specs, rows }
    },
  }
}

/** Of one that was imported nothing is awaited. */
export const isLearnable = (
  { tenant, at, quality }: Pick<TrainingRow, 'tenant' | 'at' | 'quality'>,
  until: NonNullable<TrainRequest['learnable']>,
): boolean => quality === 'imported' || at <= (until[tenant] ?? Number.POSITIVE_INFINITY)

function unionOf(base: readonly FeatureSpec[], schemas: Iterable<RowSchema>): readonly FeatureSpec[] {
  const own = new Set(base.map(spec => spec.name))
  const more = new Map<string, FeatureSpec>()
  // By hash, so that two tenants who disagree on a kind are settled the same way in every run.
  for (const schema of [...schemas].sort((a, b) => (a.hash < b.hash ? -1 : 1)))
    for (const spec of schema.specs) if (!own.has(spec.name)) more.set(spec.name, spec)
  const named = [...more.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  return [...base, ...(base.length > 0 ? named.slice(0, mostAttributes) : named)]
}

/** null: the schema is in the model's order already, so its rows serve as they are. */
function orderOf(from: readonly FeatureSpec[], to: readonly FeatureSpec[]): readonly number[] | null {
  if (from.length === to.length && from.every((spec, k) => spec.name === to[k]!.name)) return null
  const places = new Map(from.map((spec, place) => [spec.name, place]))
  return to.map(spec => places.get(spec.name) ?? -1)
}
