import type { FieldError, ReadResult } from '@surety/contract'

/** What is wrong with one event, gathered while its fields are read; nothing is allocated while all is well. */
export interface Faults {
  errors: FieldError[] | null
}

export function fault(faults: Faults, path: string, code: string, message: string): undefined {
  faults.errors ??= []
  faults.errors.push({ path: path.toWellFormed().replaceAll('\0', '\u{fffd}'), code, message })
  return undefined
}

export const refused = (errors: readonly FieldError[]): ReadResult => ({ ok: false, code: 'validation_failed', errors })

export const notAnObject = (): ReadResult =>
  refused([{ path: '', code: 'type', message: 'The data of an event is a JSON object.' }])

export const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A trimmed text of `min` to `max` UTF-16 units. Half surrogates become U+FFFD: the database refuses them inside JSON. */
export function readText(
  faults: Faults,
  path: string,
  value: unknown,
  { min, max }: { readonly min: number; readonly max: number },
): string | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value !== 'string') return fault(faults, path, 'type', `${path} must be text.`)
  if (value.includes('\0')) return fault(faults, path, 'nul', `${path} must not hold the character NUL.`)
  const text = value.trim().toWellFormed()
  if (text.length >= min && text.length <= max) return text
  return fault(faults, path, 'length', `${path} must have ${min} to ${max} characters, got ${text.length}.`)
}

/** Notes a field that nobody knows; it is not an error unless it holds NUL. */
export function ignore(faults: Faults, ignored: string[], path: string, value: unknown): void {
  if (path.includes('\0') || holdsNul(value)) fault(faults, path, 'nul', 'No field may hold the character NUL.')
  else ignored.push(path.toWellFormed())
}

function holdsNul(value: unknown): boolean {
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
