import { createHash } from 'node:crypto'
import { Problem } from '../../errors.ts'
import { type ExactTime, exactTime, fromMicros, microsOf } from '../../store/exact-time.ts'

/** The place in a list, newest first, after which the next page begins. */
export interface Place {
  readonly recordedAt: ExactTime
  readonly caseId: string
}

const checkLength = 10

/**
 * A cursor is opaque to clients and holds nothing secret. The check ties it to the tenant and the list, so that one
 * taken from elsewhere, cut short or made up is refused rather than read as some other place.
 */
export function writeCursor(tenant: string, list: string, place: Place): string {
  const text = `${microsOf(place.recordedAt)}u.${place.caseId}`
  return Buffer.from(`${check(tenant, list, text)}${text}`).toString('base64url')
}

/** @throws Problem `validation_failed` */
export function readCursor(tenant: string, list: string, cursor: string): Place {
  const whole = Buffer.from(cursor, 'base64url').toString('utf8')
  const text = whole.slice(checkLength)
  const parts = /^(?:(\d{1,17})u|(\d{1,14}))\.([^\0]{1,200})$/.exec(text)
  const intact = Buffer.from(whole).toString('base64url') === cursor
  if (parts === null || !intact || whole.slice(0, checkLength) !== check(tenant, list, text))
    throw new Problem('validation_failed', undefined, {
      errors: [{ path: 'cursor', code: 'foreign', message: 'is not a cursor of this list; begin again without it' }],
    })
  const [, micros, ms, caseId = ''] = parts
  // Cursors that were handed out by version 0.1 name a millisecond.
  const recordedAt = micros === undefined ? exactTime(new Date(Number(ms))) : fromMicros(BigInt(micros))
  return { recordedAt, caseId }
}

function check(tenant: string, list: string, text: string): string {
  return createHash('sha256').update(`${tenant}\n${list}\n${text}`).digest('hex').slice(0, checkLength)
}
