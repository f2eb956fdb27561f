import type { EventResult, Principal } from '@surety/contract'
import { noneUnseen, type Unseen } from './lead-answer.ts'
import type { Line } from './line.ts'

/**
 * What was decided before is told again to whoever brings the same event. To those who answer the inbox it is withheld while the case
 * waits to be judged unseen, as everywhere else: sending a lead again would show its opinion. Whoever only brings events is told the same as
 * the first time.
 */
export async function unseenAmong(
  line: Line,
  { tenant, role }: Principal,
  results: readonly EventResult[],
): Promise<Unseen> {
  if (role !== 'operator' && role !== 'admin') return noneUnseen
  const decisions = results.flatMap(result => (result.status === 'duplicate' ? result.decisions : []))
  return decisions.length === 0 ? noneUnseen : line.unseen(tenant, decisions)
}
