import type { Principal } from '@surety/contract'
import { Problem } from '../../errors.ts'

/** The floor a caller asks for; null: none was given. Going below ours needs an admin and a reason. */
export function readMinAuc(
  text: string | undefined,
  floor: number,
  caller: Pick<Principal, 'role'>,
  reason: string | undefined,
): number | null {
  if (text === undefined) return null
  const value = /^\d*\.?\d+(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  if (!(value >= 0 && value <= 1)) throw new Problem('invalid_min_auc')
  if (value >= floor) return value
  if (caller.role !== 'admin') throw new Problem('floor_requires_admin')
  if (isBlank(reason)) throw new Problem('reason_required')
  return value
}

export const isBlank = (text: string | undefined): boolean => text === undefined || text.trim() === ''
