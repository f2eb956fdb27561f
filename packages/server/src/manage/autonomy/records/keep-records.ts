import { placeOf, type Question } from '@surety/contract'
import { lookBackDays } from '../../../store/calibration-rows.ts'
import { forgetUncounted } from '../../../store/record-rows.ts'
import type { AutonomyDeps } from '../deps.ts'
import { beginRecords } from './begin-records.ts'
import { countRows } from './count-rows.ts'

const dayMs = 86_400_000

/** What one look changed of the records of a question. */
export interface KeptRecords {
  /** Actions of which a record began. */
  readonly begun: readonly string[]
  /** Rows that were counted, or counted otherwise. */
  readonly counted: number
}

/**
 * Lets records begin and end, counts what ripened or changed since the last look, and lets go of what no record counts any more.
 * The last ninety days stay whatever records there are: a history that is imported counts them.
 */
export async function keepRecords(
  deps: Pick<AutonomyDeps, 'db' | 'scorerOf'>,
  tenant: string,
  question: Question,
  at: Date,
): Promise<KeptRecords> {
  const begun = await beginRecords(deps, tenant, question, at)
  const { counted } = await countRows(deps, tenant, question, at)
  const until = new Date(at.getTime() - lookBackDays * dayMs)
  const place = { tenant, ...placeOf(question) }
  while (await deps.db.transaction([tenant], handle => forgetUncounted(handle, place, until)));
  return { begun, counted }
}
