import type { Action } from '@surety/contract'
import type { NewRecordRow } from '../../../store/record-rows.ts'
import type { RecordsPlace } from '../../../store/records.ts'

/** A case of before its record, with the word that counts for it by now. */
export interface CaseBefore {
  readonly caseId: string
  readonly auditCoin: number | null
  readonly label: 0 | 1 | null
  readonly quality: string | null
  /** Id of the key that told the label; null: none is known. */
  readonly sender: string | null
}

/** Where a record takes a case over from, and what it is counted under. */
interface TakenOver extends Pick<NewRecordRow, 'source' | 'decidedAt' | 'modelVersion'> {
  /** -1 to 63; null: the question has no such side, or its record does not begin with it. */
  kappa(side: Action['side']): number | null
}

/** The row of a case that no label of the line brings. */
export function rowBefore(
  { tenant, pod, question }: RecordsPlace,
  { caseId, auditCoin, label, quality, sender }: CaseBefore,
  { source, decidedAt, modelVersion, kappa }: TakenOver,
): NewRecordRow {
  return {
    tenant,
    pod,
    question,
    caseId,
    decidedAt,
    source,
    modelVersion,
    kappaAct: kappa('act'),
    kappaClear: kappa('clear'),
    auditCoin,
    label,
    quality,
    labelledBy: sender,
  }
}

/** Whether a score lies where the operator's threshold lets this side settle cases: acts at or above it, clears below. */
export const isBeyond = (side: Action['side'], probability: number, threshold: number): boolean =>
  side === 'act' ? probability >= threshold : probability < threshold
