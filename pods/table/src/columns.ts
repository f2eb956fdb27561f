import type { AttributeSpec, FeatureSpec, FeatureValue, Json, JsonObject, PodSettings } from '@surety/contract'
import type { Faults } from './fields.ts'
import { fault, ignore, isObject, readText } from './fields.ts'

export const maxColumns = 500
const columnKinds = ['numeric', 'categorical', 'boolean'] as const
const level = { min: 1, max: 200 }
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const truths = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
])

const isSpec = (value: Json): value is Json & AttributeSpec =>
  isObject(value) && typeof value['name'] === 'string' && columnKinds.some(kind => kind === value['kind'])

const usable = new WeakMap<PodSettings, ReadonlyMap<string, AttributeSpec>>()

/** The declared columns by name, in declared order, without those that are only known later: they would leak the answer. */
export function columnsOf(settings: PodSettings): ReadonlyMap<string, AttributeSpec> {
  const cached = usable.get(settings)
  if (cached !== undefined) return cached
  const declared = settings['columns']
  const later = settings['known_later']
  const specs = (Array.isArray(declared) ? declared.filter(isSpec) : []).filter(
    spec => !(Array.isArray(later) && later.includes(spec.name)),
  )
  const columns = new Map(specs.map(spec => [spec.name, spec]))
  usable.set(settings, columns)
  return columns
}

const specLists = new WeakMap<PodSettings, readonly FeatureSpec[]>()

/** One feature per usable column, under the column's own name. */
export function featureSpecs(settings: PodSettings): readonly FeatureSpec[] {
  const cached = specLists.get(settings)
  if (cached !== undefined) return cached
  const specs = [...columnsOf(settings).values()].map(({ name, kind }) => ({
    name,
    kind,
    meaning: `Column ${name} of the row, as recorded (${kind}).`,
  }))
  specLists.set(settings, specs)
  return specs
}

/** The values of one row; null and empty text mean "missing" and are left out. */
export function readColumns(faults: Faults, ignored: string[], value: unknown, settings: PodSettings): JsonObject {
  if (value === undefined || value === null) {
    fault(faults, 'columns', 'required', 'columns is required: an object of column names and values.')
    return {}
  }
  if (!isObject(value)) {
    fault(faults, 'columns', 'type', 'columns must be an object of column names and values.')
    return {}
  }
  const specs = columnsOf(settings)
  // Column names come from any file, so one may be called __proto__: that assignment would vanish without a word.
  const read: [string, Json][] = []
  for (const name of Object.keys(value)) {
    const spec = specs.get(name)
    const given = value[name]
    if (spec === undefined) {
      ignore(faults, ignored, `columns.${name}`, given)
      continue
    }
    const cell = readCell(faults, spec, given)
    if (cell !== undefined) read.push([name, cell])
  }
  return Object.fromEntries(read)
}

/** A file holds nothing but text, so numbers and truth values are also read from text. */
function readCell(faults: Faults, { name, kind }: AttributeSpec, value: unknown): Json | undefined {
  if (value === null || (typeof value === 'string' && value.trim() === '')) return undefined
  const path = `columns.${name}`
  switch (kind) {
    case 'numeric': {
      const number = typeof value === 'string' && decimal.test(value.trim()) ? Number(value) : value
      if (typeof number === 'number' && Number.isFinite(number)) return number
      return fault(faults, path, 'type', `${path} must be a number.`)
    }
    case 'boolean': {
      const truth = typeof value === 'string' ? truths.get(value.trim().toLowerCase()) : value
      if (typeof truth === 'boolean') return truth
      return fault(faults, path, 'type', `${path} must be true or false.`)
    }
    case 'categorical':
      return readText(faults, path, value, level)
  }
}

/** Values in the order of the declared columns; null is "missing". */
export function columnValues(payload: JsonObject, settings: PodSettings): readonly FeatureValue[] {
  const values: FeatureValue[] = []
  const given = payload['columns']
  for (const name of columnsOf(settings).keys()) {
    const value = isObject(given) && Object.hasOwn(given, name) ? given[name] : null
    values.push(typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? value : null)
  }
  return values
}

export function checkSettings(settings: PodSettings): readonly string[] {
  const { columns = [], known_later: later = [] } = settings
  if (!Array.isArray(columns)) return ['columns must be a list of { name, kind }.']
  if (!Array.isArray(later) || !later.every(name => typeof name === 'string')) {
    return ['known_later must be a list of column names.']
  }
  const faults: string[] = []
  if (columns.length > maxColumns) faults.push(`At most ${maxColumns} columns, got ${columns.length}.`)
  const seen = new Set<string>()
  for (const [index, spec] of columns.entries()) {
    if (!isSpec(spec)) faults.push(`columns[${index}] must be { name, kind } with kind ${columnKinds.join(', ')}.`)
    else if (!isColumnName(spec.name)) {
      faults.push(`columns[${index}]: a name has 1 to 100 characters and no control characters.`)
    } else if (seen.has(spec.name)) faults.push(`columns[${index}]: the name is declared twice.`)
    else seen.add(spec.name)
  }
  return faults
}

const isColumnName = (name: string): boolean => name.isWellFormed() && /^\P{Cc}{1,100}$/u.test(name)
