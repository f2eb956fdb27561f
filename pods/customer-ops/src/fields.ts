import { type FieldError, type ProblemCode, type ReadResult, readGivenTime } from '@surety/contract'

/**
 * What is wrong with one event, gathered while its fields are read. Nothing is allocated while all is well, because every
 * lead passes here. Each reader answers `undefined` for a field that is absent or wrong.
 */
export interface Faults {
  errors: FieldError[] | null
}

export function fault(faults: Faults, path: string, code: string, message: string): undefined {
  faults.errors ??= []
  // A path goes out on the wire and into stored answers, where NUL and half surrogates are not welcome.
  faults.errors.push({ path: path.toWellFormed().replaceAll('\0', '\u{fffd}'), code, message })
  return undefined
}

export const refused = (errors: readonly FieldError[], code: ProblemCode = 'validation_failed'): ReadResult => ({
  ok: false,
  code,
  errors,
})

export const notAnObject = (): ReadResult =>
  refused([{ path: '', code: 'type', message: 'The data of an event is a JSON object.' }])

export const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Length of a text field in Unicode code points, both ends included. */
export interface TextRule {
  readonly min: number
  readonly max: number
  readonly trim: boolean
  /** What an empty text means: `absent` for the optional fields that forms send empty, `wrong` elsewhere. */
  readonly empty: 'absent' | 'wrong'
}

export function codePoints(text: string): number {
  let count = text.length
  // Every low half of a pair was counted once too often; a lone half counts as one.
  for (let i = 1; i < text.length; i += 1) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800) count -= 1
  }
  return count
}

/** A text in the bounds of its rule. Half surrogates become U+FFFD: the database refuses them inside JSON. */
export function readText(faults: Faults, path: string, value: unknown, rule: TextRule): string | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value !== 'string') return fault(faults, path, 'type', `${path} must be text.`)
  if (value.includes('\0')) return fault(faults, path, 'nul', `${path} must not hold the character NUL.`)
  const text = (rule.trim ? value.trim() : value).toWellFormed()
  if (text === '' && rule.empty === 'absent') return undefined
  // UTF-16 units are never fewer than code points and at most twice as many: most texts need no counting.
  if (text.length <= rule.max && text.length >= 2 * rule.min) return text
  const length = codePoints(text)
  if (length < rule.min) {
    return fault(faults, path, 'too_short', `${path} must have at least ${rule.min} characters, got ${length}.`)
  }
  if (length > rule.max) {
    return fault(faults, path, 'too_long', `${path} must have at most ${rule.max} characters, got ${length}.`)
  }
  return text
}

export function readWord<Word extends string>(
  faults: Faults,
  path: string,
  value: unknown,
  words: readonly Word[],
): Word | undefined {
  if (value === null || value === undefined) return undefined
  const word = words.find(known => known === value)
  return word ?? fault(faults, path, 'not_allowed', `${path} must be one of ${words.join(', ')}.`)
}

/** How far the sender's clock may run ahead of ours. */
const aheadMs = 5 * 60_000

/** A moment in ISO 8601 with a zone. */
export function readMoment(faults: Faults, path: string, value: unknown, now: Date): Date | undefined {
  if (value === null || value === undefined) return undefined
  const moment = readGivenTime(value)
  if (!(moment instanceof Date)) return fault(faults, path, moment.code, `${path} ${moment.message}.`)
  if (moment.getTime() > now.getTime() + aheadMs) {
    return fault(faults, path, 'in_future', `${path} lies more than 5 minutes ahead of the service's clock.`)
  }
  return moment
}

/** True if NUL stands anywhere in the value, in names too: looked for in fields that are otherwise not read. */
export function holdsNul(value: unknown): boolean {
  const open = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next === 'string' && next.includes('\0')) return true
    if (typeof next !== 'object' || next === null) continue
    for (const [name, member] of Object.entries(next)) {
      if (name.includes('\0')) return true
      open.push(member)
    }
  }
  return false
}

/** Notes a field that nobody knows; it is not an error unless it holds NUL. */
export function ignore(faults: Faults, ignored: string[], path: string, value: unknown): void {
  if (path.includes('\0') || holdsNul(value)) fault(faults, path, 'nul', 'No field may hold the character NUL.')
  else ignored.push(path.toWellFormed())
}
