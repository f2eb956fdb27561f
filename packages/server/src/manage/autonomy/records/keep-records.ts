import type { Question } from '@surety/contract'
import type { AutonomyDeps } from '../deps.ts'
import { beginRecords } from './begin-records.ts'
import { countRows } from './count-rows.ts'

/** What one look changed of the records of a question. */
export interface KeptRecords {
  /** Actions of which a record began. */
  readonly begun: readonly string[]
  /** Rows that were counted, or counted otherwise. */
  readonly counted: number
}

/**
 * Lets records begin and end, and counts what ripened or changed since the last look.
 * @param maturity as of this look, in milliseconds
 */
export async function keepRecords(
  deps: Pick<AutonomyDeps, 'db' | 'scorerOf'>,
  tenant: string,
  question: Question,
  at: Date,
  maturity?: number,
): Promise<KeptRecords> {
  const begun = await beginRecords(deps, tenant, question, at)
  const { counted } = await countRows(deps, tenant, question, at, maturity)
  return { begun, counted }
}
