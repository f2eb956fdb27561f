import { createHash } from 'node:crypto'
import { Problem } from '../../errors.ts'
import { knownTime } from '../../store/exact-time.ts'
import type { InboxPlace } from '../../store/inbox-walk.ts'

const checkLength = 10

/** Opaque to clients; the check ties it to the tenant and the list, so that one from elsewhere is refused. */
export function writeInboxCursor(list: string, place: InboxPlace): string {
  const text = `${place.later ? 1 : 0}.${place.urgency}.${place.draw}/${place.dueAt}|${place.caseId}`
  return Buffer.from(`${check(list, text)}${text}`).toString('base64url')
}

/** @throws Problem `validation_failed` */
export function readInboxCursor(list: string, cursor: string): InboxPlace {
  const whole = Buffer.from(cursor, 'base64url').toString('utf8')
  const text = whole.slice(checkLength)
  const parts = /^([01])\.([0-2])\.(\d[\d.e+-]{0,29})\/(\d[\d :.+-]{9,39})\|([^\0]{1,512})$/.exec(text)
  const intact = Buffer.from(whole).toString('base64url') === cursor
  const dueAt = parts === null ? null : knownTime(parts[4]!)
  if (parts === null || dueAt === null || !intact || whole.slice(0, checkLength) !== check(list, text))
    throw new Problem('validation_failed', undefined, {
      errors: [{ path: 'cursor', code: 'foreign', message: 'is not a cursor of this list; begin again without it' }],
    })
  return {
    later: parts[1] === '1',
    urgency: Number(parts[2]),
    draw: Number(parts[3]),
    dueAt,
    caseId: parts[5]!,
  }
}

const check = (list: string, text: string): string =>
  createHash('sha256').update(`${list}\n${text}`).digest('hex').slice(0, checkLength)
