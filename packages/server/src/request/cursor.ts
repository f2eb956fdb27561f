import { createHash } from 'node:crypto'
import { Problem } from '../errors.ts'

const checkLength = 10

/** Where a page ended: opaque, and of use only for the list of the tenant that it was given for. */
export function writeCursor(tenant: string, list: string, place: readonly (string | number)[]): string {
  const text = JSON.stringify(place)
  return Buffer.from(`${check(tenant, list, text)}${text}`).toString('base64url')
}

/** Numbers are whole and safe. @throws Problem `validation_failed` */
export function readCursor(
  tenant: string,
  list: string,
  cursor: string,
  types: readonly ('string' | 'number')[],
): readonly (string | number)[] {
  const whole = Buffer.from(cursor, 'base64url').toString('utf8')
  const text = whole.slice(checkLength)
  if (whole.slice(0, checkLength) === check(tenant, list, text)) {
    // Anybody can make one up: nothing but words of these types goes on from here.
    const place = parsed(text)
    const isGoodOne = (one: unknown) => (typeof one === 'string' ? !one.includes('\0') : Number.isSafeInteger(one))
    if (Array.isArray(place) && place.map(one => typeof one).join() === types.join() && place.every(isGoodOne))
      return place
  }
  throw foreignCursor()
}

export function foreignCursor(): Problem {
  const error = { path: 'cursor', code: 'foreign', message: 'is not a cursor of this list; begin again without it' }
  return new Problem('validation_failed', undefined, { errors: [error] })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const check = (tenant: string, list: string, text: string): string =>
  createHash('sha256').update(`${tenant}\n${list}\n${text}`).digest('hex').slice(0, checkLength)
