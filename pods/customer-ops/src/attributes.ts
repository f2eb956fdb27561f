import type { AttributeSpec, FeatureSpec, FeatureValue, Json, JsonObject, PodSettings } from '@surety/contract'
import type { Faults, TextRule } from './fields.ts'
import { fault, ignore, isObject, readText } from './fields.ts'

export const maxAttributes = 50
const attributeName = /^[A-Za-z][A-Za-z0-9_]{0,62}$/
const attributeKinds = ['numeric', 'categorical', 'boolean'] as const
const level: TextRule = { min: 1, max: 200, trim: true, empty: 'absent' }

const isSpec = (value: Json): value is Json & AttributeSpec =>
  isObject(value) && typeof value['name'] === 'string' && attributeKinds.some(kind => kind === value['kind'])

// Settings are read on every lead and change hardly ever: what is derived from them is kept as long as they live.
const known = new WeakMap<PodSettings, ReadonlyMap<string, AttributeSpec>>()

/** The attributes an operator declared, by name, in declared order. */
export function attributesOf(settings: PodSettings): ReadonlyMap<string, AttributeSpec> {
  const cached = known.get(settings)
  if (cached !== undefined) return cached
  const declared = settings['attributes']
  const specs = new Map(Array.isArray(declared) ? declared.filter(isSpec).map(spec => [spec.name, spec]) : [])
  known.set(settings, specs)
  return specs
}

export const attributeFeatures = (settings: PodSettings): readonly FeatureSpec[] =>
  [...attributesOf(settings).values()].map(({ name, kind }) => ({
    name: `attr.${name}`,
    kind,
    meaning: `Declared attribute ${name} of the lead, as sent (${kind}).`,
  }))

/** The declared attributes of one lead; null and empty text mean "missing" and are left out. */
export function readAttributes(
  faults: Faults,
  ignored: string[],
  value: unknown,
  settings: PodSettings,
): JsonObject | undefined {
  if (value === null || value === undefined) return undefined
  if (!isObject(value)) return fault(faults, 'attributes', 'type', 'attributes must be an object.')
  const specs = attributesOf(settings)
  const read: { [name: string]: Json } = {}
  for (const name of Object.keys(value)) {
    const spec = specs.get(name)
    const given = value[name]
    if (spec === undefined) ignore(faults, ignored, `attributes.${name}`, given)
    else {
      const attribute = readAttribute(faults, spec, given)
      if (attribute !== undefined) read[name] = attribute
    }
  }
  return read
}

function readAttribute(faults: Faults, { name, kind }: AttributeSpec, value: unknown): Json | undefined {
  if (value === null) return undefined
  switch (kind) {
    case 'numeric':
      if (typeof value === 'number' && Number.isFinite(value)) return value
      return fault(faults, `attributes.${name}`, 'type', `attributes.${name} must be a number.`)
    case 'boolean':
      if (typeof value === 'boolean') return value
      return fault(faults, `attributes.${name}`, 'type', `attributes.${name} must be true or false.`)
    case 'categorical':
      return readText(faults, `attributes.${name}`, value, level)
  }
}

/** The value the model sees for one attribute of a stored lead. */
export function attributeValue(attributes: Json | undefined, name: string): FeatureValue {
  if (!isObject(attributes) || !Object.hasOwn(attributes, name)) return null
  const value = attributes[name]
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? value : null
}

export function checkAttributes(declared: Json | undefined): readonly string[] {
  if (declared === undefined) return []
  if (!Array.isArray(declared)) return ['attributes must be a list of { name, kind }.']
  const faults: string[] = []
  if (declared.length > maxAttributes) faults.push(`At most ${maxAttributes} attributes, got ${declared.length}.`)
  const seen = new Set<string>()
  for (const [index, spec] of declared.entries()) {
    if (!isSpec(spec)) {
      faults.push(`attributes[${index}] must be { name, kind } with kind ${attributeKinds.join(', ')}.`)
      continue
    }
    if (!attributeName.test(spec.name)) {
      faults.push(`attributes[${index}]: a name is a letter, then letters, digits or _, at most 63 characters.`)
    }
    if (seen.has(spec.name)) faults.push(`attributes[${index}]: the name is declared twice.`)
    seen.add(spec.name)
  }
  return faults
}
