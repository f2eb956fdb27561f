import { eachSide, placeOf, type Question } from '@surety/contract'
import { readHistoryRows } from '../../store/autonomy-history.ts'
import type { Reader } from '../../store/db.ts'
import { readContext } from './context.ts'

/** What became of one action since the beginning: for reports. */
export interface ActionHistory {
  readonly action: string
  readonly side: 'act' | 'clear'
  readonly alpha: number
  readonly delta: number
  readonly missBudget: number | null
  /** The operator's threshold on the probability: acts lie at or above it, clears below it. */
  readonly floor: number
  /** ISO instant of the first certificate; null: there was none. */
  readonly from: string | null
  readonly certificates: number
  /** Labelled cases that its record in charge, or the last that was, counts. */
  readonly rows: number
  /** What is missing for a certificate; null: one holds, or no model ever served. */
  readonly refusal: string | null
}

export interface AutonomyHistory {
  readonly actions: readonly ActionHistory[]
  readonly suspensions: readonly { readonly at: string; readonly action: string; readonly sentence: string }[]
}

export async function autonomyHistory(db: Reader, tenant: string, question: Question): Promise<AutonomyHistory> {
  const found = await readHistoryRows(db, tenant, placeOf(question))
  const { budgets, floor } = await readContext(db, tenant, question)
  return {
    actions: eachSide(budgets.sides).map(({ name, side, alpha, delta, missBudget }) => {
      const issued = found.certificates?.find(row => row.action === name)
      const counted = found.records?.find(row => row.action === name)
      return {
        action: name,
        side,
        alpha,
        delta,
        missBudget,
        floor,
        from: issued === undefined ? null : new Date(issued.first).toISOString(),
        certificates: issued?.n ?? 0,
        rows: counted?.n ?? 0,
        refusal: found.shortfalls?.find(row => row.action === name)?.sentence ?? null,
      }
    }),
    suspensions: (found.suspensions ?? []).map(({ at, action, sentence }) => ({
      at: new Date(at).toISOString(),
      action,
      sentence,
    })),
  }
}
