import { Problem } from '../errors.ts'

const written =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** ISO 8601 with offset; a day that the month does not have is refused, where `new Date` would roll over. */
export function readInstant(text: string): Date | null {
  const parts = written.exec(text)
  if (parts === null) return null
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  if (day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return null
  const instant = new Date(text)
  return Number.isNaN(instant.getTime()) ? null : instant
}

/** For a field of a body or a query that must hold one. */
export function instantOf(path: string, text: string): Date {
  const instant = readInstant(text)
  if (instant !== null) return instant
  const error = { path, code: 'format', message: 'must be ISO 8601 with offset, such as 2026-03-10T12:00:00Z' }
  throw new Problem('validation_failed', undefined, { errors: [error] })
}
