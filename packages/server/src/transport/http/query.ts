import type { TSchema } from 'typebox'
import { Problem } from '../../errors.ts'
import { checker, isRecord } from '../../request/check.ts'

interface Property {
  readonly type?: unknown
  readonly default?: unknown
}

/**
 * A query has only words: whole numbers and booleans are read strictly, so that `1.5`, `abc` and a parameter given
 * twice stay what they are and fail the check. Parameters that the route does not know are left out.
 */
export function queryReader(schema: TSchema): (query: unknown) => unknown {
  const check = checker(schema)
  const properties = Object.entries(propertiesOf(schema))
  return query => {
    const given = isRecord(query) ? query : {}
    const read: Record<string, unknown> = {}
    for (const [name, property] of properties) {
      const value = given[name]
      if (value !== undefined) read[name] = readWord(value, property)
      else if (property.default !== undefined) read[name] = property.default
    }
    check(read)
    return read
  }
}

function propertiesOf(schema: TSchema): { readonly [name: string]: Property } {
  return 'properties' in schema ? (schema.properties as { readonly [name: string]: Property }) : {}
}

function readWord(value: unknown, property: Property): unknown {
  if (typeof value !== 'string') return value
  if (property.type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value)
  if (property.type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  if (property.type === 'string' && value.includes('\0')) {
    throw new Problem('validation_failed', 'A parameter holds a NUL character.')
  }
  return value
}
