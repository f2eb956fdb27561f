import type { TObject } from 'typebox'
import type { FieldError } from './errors.ts'
import type { ReadResult } from './event.ts'
import type { Json, JsonObject } from './json.ts'
import { faultFinder, nulIn } from './shape-faults.ts'

/** Reads what has the shape of a schema. Fields that it does not name are left out and listed as ignored. */
export function shaped(schema: TObject): (data: unknown) => ReadResult {
  const faults = faultFinder(schema)
  const names = Object.keys(schema.properties)
  return data => {
    const found = faults(data)
    if (found.length > 0) return refused(found)
    const given = data as JsonObject
    const nul = nulIn(given)
    if (nul !== null)
      return refused([{ path: nul.replaceAll('\0', ''), code: 'nul', message: 'holds a NUL character' }])
    const payload: { [field: string]: Json } = {}
    for (const name of names) if (Object.hasOwn(given, name)) payload[name] = storable(given[name]!)
    const ignored = Object.keys(given).filter(name => !names.includes(name))
    return { ok: true, event: { payload, ignored: ignored.map(name => name.toWellFormed()) } }
  }
}

const refused = (errors: readonly FieldError[]): ReadResult => ({ ok: false, code: 'validation_failed', errors })

/** Half a character has no place in a database, and its JSON knows no minus zero. */
function storable(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number') return value + 0
  if (value === null || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map(storable)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toWellFormed(), storable(member)]))
}
