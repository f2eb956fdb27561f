import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { FieldError } from './errors.ts'

/** The words of `errors[].code` for what a schema can find. */
const codes: { readonly [keyword: string]: string } = {
  required: 'required',
  type: 'type',
  minLength: 'too_short',
  maxLength: 'too_long',
  minimum: 'too_small',
  maximum: 'too_large',
  enum: 'not_allowed',
  const: 'not_allowed',
  pattern: 'format',
  format: 'format',
  minItems: 'too_short',
  maxItems: 'too_long',
}

/** What is wrong with a value, one entry per field: the first thing that is; empty where nothing is. */
export function faultFinder(schema: TSchema): (value: unknown) => readonly FieldError[] {
  const compiled = Compile(schema)
  return value => {
    if (compiled.Check(value)) return []
    const found = new Map<string, FieldError>()
    for (const error of compiled.Errors(value)) {
      const path = error.instancePath.slice(1).replaceAll('/', '.')
      // The library says it once of the object and once of each of the fields, as a schema that is false.
      if (error.keyword === 'additionalProperties') continue
      const code = error.keyword === 'boolean' ? 'unknown_field' : (codes[error.keyword] ?? 'invalid')
      for (const field of missingOf(error, path))
        if (!found.has(field)) found.set(field, { path: field, code, message: messageOf(code, error) })
    }
    return [...found.values()]
  }
}

function messageOf(code: string, error: { message: string; params: object }): string {
  if (code === 'required') return 'is required'
  if (code === 'unknown_field') return 'is no field of this body'
  const allowed = 'allowedValues' in error.params ? error.params.allowedValues : null
  return Array.isArray(allowed) && allowed.length <= 12 ? `must be one of ${allowed.join(', ')}` : error.message
}

/** Where the first text with a NUL is, or what has one in its name; null: nowhere. */
export const nulIn = (value: unknown): string | null => (holdsNul(value) ? nulBelow(value, '') : null)

/** Nearly nothing does: a path to each place would cost ten times as much. */
function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0')
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(holdsNul)
  for (const name in value) if (name.includes('\0') || holdsNul((value as Record<string, unknown>)[name])) return true
  return false
}

function nulBelow(value: unknown, path: string): string | null {
  if (typeof value === 'string') return value.includes('\0') ? path : null
  if (typeof value !== 'object' || value === null) return null
  for (const [name, member] of Object.entries(value)) {
    const found = nulBelow(name, path) ?? nulBelow(member, path === '' ? name : `${path}.${name}`)
    if (found !== null) return found
  }
  return null
}

function missingOf(error: { keyword: string; params: object }, path: string): readonly string[] {
  if (error.keyword !== 'required' || !('requiredProperties' in error.params)) return [path]
  const names = error.params.requiredProperties
  if (!Array.isArray(names)) return [path]
  return names.map(name => (path === '' ? String(name) : `${path}.${String(name)}`))
}
