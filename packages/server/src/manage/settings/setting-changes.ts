import { canonical, type Json, type JsonObject } from '@surety/contract'

/** One part of a setting, by the names that lead to it: `actions.start_followup.alpha`. */
interface SettingPartChange {
  readonly path: string
  readonly before: Json
  readonly after: Json
}

/** One line for each part that would change; attributes are compared by their name. */
export function changesOf(before: JsonObject, after: JsonObject): readonly SettingPartChange[] {
  const [old, fresh] = [partsOf(before), partsOf(after)]
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .map(path => ({ path, before: old.get(path) ?? null, after: fresh.get(path) ?? null }))
    .filter(change => canonical(change.before) !== canonical(change.after))
}

function partsOf(value: JsonObject): Map<string, Json> {
  const attributes = value['attributes']
  if (!Array.isArray(attributes)) return new Map(leavesOf(value, ''))
  return new Map(attributes.map((spec: JsonObject) => [`attributes.${String(spec['name'])}`, spec['kind'] ?? null]))
}

function leavesOf(value: JsonObject, prefix: string): (readonly [string, Json])[] {
  return Object.entries(value).flatMap(([name, part]) =>
    isObject(part) ? leavesOf(part, `${prefix}${name}.`) : [[`${prefix}${name}`, part] as const],
  )
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What is not named stays as it is: objects are merged part by part, anything else takes the place of what was there. */
export function mergedValue(before: JsonObject, given: JsonObject): JsonObject {
  const named = Object.entries(given).map(([name, part]) => {
    const old = Object.hasOwn(before, name) ? before[name]! : null
    return [name, isObject(part) && isObject(old) ? mergedValue(old, part) : part] as const
  })
  // Made of entries: a name such as __proto__ is a name like any other, to be refused as unknown.
  return Object.fromEntries([...Object.entries(before), ...named])
}

/** The changes that nobody asked for: what was set, is not named, and would go back to its default. */
export function unnamedOf(changes: readonly SettingPartChange[], given: JsonObject): readonly SettingPartChange[] {
  const named = leavesOf(given, '').map(([path]) => path)
  return changes.filter(({ path }) => !named.some(name => path === name || path.startsWith(`${name}.`)))
}
