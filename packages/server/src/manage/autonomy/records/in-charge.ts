import { cutTotals, recordInCharge } from '@surety/stats'
import type { KeptRecord } from '../../../store/records.ts'

const dayMs = 86_400_000
/** Beyond this age a record goes on only where it is in charge. */
const oldestDays = 270

export const daysBetween = (from: Date, to: Date): number => (to.getTime() - from.getTime()) / dayMs

/** The record of an action whose certificates count; null: there is none. @param records of one action, that go on */
export function inCharge(records: readonly KeptRecord[], at: Date): KeptRecord | null {
  const ages = records.map(({ begunAt, counts }) => ({ days: daysBetween(begunAt, at), rows: cutTotals(counts).all }))
  const place = recordInCharge(ages)
  return place === null ? null : records[place]!
}

export const isPast = ({ begunAt }: KeptRecord, at: Date): boolean => daysBetween(begunAt, at) > oldestDays

/** Those of one action that count nothing any more: too old ever to be in charge again. */
export function pastRecords(records: readonly KeptRecord[], at: Date): readonly KeptRecord[] {
  const chosen = inCharge(records, at)
  return records.filter(record => record !== chosen && isPast(record, at))
}
