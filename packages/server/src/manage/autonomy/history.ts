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
  readonly attempts: number
  /** What is missing for a certificate; null: the last attempt passed, or no model ever served. */
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
      const last = found.attempts?.find(row => row.action === name)
      return {
        action: name,
        side,
        alpha,
        delta,
        missBudget,
        floor,
        from: issued === undefined ? null : new Date(issued.first).toISOString(),
        certificates: issued?.n ?? 0,
        attempts: last?.n ?? 0,
        refusal: last?.passed ? null : (found.shortfalls?.find(row => row.action === name)?.sentence ?? null),
      }
    }),
    suspensions: (found.suspensions ?? []).map(({ at, action, sentence }) => ({
      at: new Date(at).toISOString(),
      action,
      sentence,
    })),
  }
}
