import type { FeatureSpec } from '@surety/contract'
import type { UnsignedModel } from '../../model/artefact.ts'
import { compileModel } from '../../model/scorer.ts'
import type { TrainingRow } from './training-row.ts'

/** A case that the model was not fitted on, with the very score that it would be given in service. */
export interface HeldOutRow {
  readonly id: string
  readonly tenant: string
  readonly probability: number
  readonly label: 0 | 1
  /** Time of the decision, epoch milliseconds. */
  readonly at: number
  readonly source: string
  /** How good the label is; null: not known. */
  readonly quality: string | null
}

/** More rows of one tenant than this say nothing new; the newest are kept. */
const mostPerTenant = 100_000

/**
 * Scores by the artefact as it will serve, not by the fit: the same bits as later in the line. Cases that it cannot score
 * are left out.
 * @param rows in time order
 */
export function scoreHeldOut(
  model: UnsignedModel,
  specs: readonly FeatureSpec[],
  rows: readonly TrainingRow[],
): readonly HeldOutRow[] {
  const scorer = compileModel(model)
  const schema = { hash: 'held out', specs }
  return rows.flatMap(({ id, tenant, values, label, at, source, quality = null }) => {
    const { probability } = scorer.score(schema, values)
    return probability === null ? [] : [{ id, tenant, probability, label, at, source, quality }]
  })
}

export function newestPerTenant(rows: readonly HeldOutRow[], most = mostPerTenant): readonly HeldOutRow[] {
  return [...Map.groupBy(rows, row => row.tenant).values()].flatMap(own => own.slice(-most))
}
