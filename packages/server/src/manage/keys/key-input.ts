import { type FieldError, type Grant, grantWords, isWithinTime, type Role, timeRange } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { type IsPersonal, refusePersonal } from '../../request/personal.ts'

export const platform = '*'
const roles: readonly Role[] = ['ingest', 'device', 'viewer', 'operator', 'admin']
// The session setting that admits tenants separates them by commas.
const tenantName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/
const groupName = /^[a-z][a-z0-9_]{0,39}$/
const maxLimit = 1_000_000_000
const longestOverlapSeconds = 30 * 86_400

export interface KeyFields {
  readonly tenant?: string | undefined
  readonly role?: Role | undefined
  readonly name?: string | undefined
  readonly limits?: { readonly [group: string]: number } | undefined
  readonly dailyQuota?: number | null | undefined
  readonly grants?: readonly Grant[] | undefined
  readonly expiresAt?: Date | null | undefined
  readonly overlapSeconds?: number | undefined
}

/** @throws Problem `validation_failed` with one entry per wrong field; what is absent is not checked. */
export function checkKeyFields(fields: KeyFields): void {
  const errors: FieldError[] = []
  const wrong = (path: string, message: string) => errors.push({ path, code: 'invalid', message })
  if (fields.tenant !== undefined && fields.tenant !== platform && !tenantName.test(fields.tenant))
    wrong('tenant', 'a tenant has 1 to 63 letters, digits, dots, dashes or underscores')
  if (fields.role !== undefined && !roles.includes(fields.role)) wrong('role', `must be one of ${roles.join(', ')}`)
  if (fields.name !== undefined && !goodName(fields.name)) wrong('name', 'must have 1 to 120 characters')
  if (fields.grants?.some(grant => !grantWords.includes(grant))) wrong('grants', `must be of ${grantWords.join(', ')}`)
  for (const [group, limit] of Object.entries(fields.limits ?? {}))
    if (!groupName.test(group) || !Number.isSafeInteger(limit) || limit < 1 || limit > maxLimit)
      wrong(`limits.${group.slice(0, 40)}`, `must be a whole number from 1 to ${maxLimit} (requests per minute)`)
  const { dailyQuota: quota = null } = fields
  if (quota !== null && (!Number.isSafeInteger(quota) || quota < 1 || quota > maxLimit))
    wrong('daily_quota', `must be a whole number from 1 to ${maxLimit} (requests per day)`)
  const { overlapSeconds: overlap = 0 } = fields
  if (!Number.isSafeInteger(overlap) || overlap < 0 || overlap > longestOverlapSeconds)
    wrong('overlap_seconds', 'must be from no time at all to 30 days')
  if (fields.expiresAt instanceof Date && !isWithinTime(fields.expiresAt)) wrong('expires_at', timeRange)
  if (errors.length > 0) throw new Problem('validation_failed', undefined, { errors })
}

/** For whoever does not come through the door, which asks it of every body. @throws Problem `validation_failed` */
export const refusePersonalNames = (isPersonal: IsPersonal, { tenant, name }: KeyFields): Promise<void> =>
  refusePersonal(isPersonal, { tenant, name }, '')

function goodName(name: string): boolean {
  return name.trim().length > 0 && [...name].length <= 120 && !name.includes('\0')
}
