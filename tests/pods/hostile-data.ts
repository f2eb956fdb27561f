import type { Json, JsonObject } from '@surety/contract'
import fc from 'fast-check'

/** JSON that resembles an event: its own field names and foreign ones, good values and hostile ones. */
export function hostileData(good: JsonObject): fc.Arbitrary<unknown> {
  const field = fc.oneof(
    fc.constantFrom(...Object.keys(good)),
    fc.constantFrom('__proto__', 'constructor', 'x\0', 'zz'),
  )
  const value = fc.oneof(
    fc.constantFrom<Json>('', ' ', '\0', 'a\0b', '\ud800', 'x'.repeat(9000), -1, 0.5, 1e308, {}, [], null),
    fc.constantFrom<Json>(...Object.values(good)),
    fc.jsonValue(),
  )
  const changes = fc.array(fc.tuple(field, value), { maxLength: 4 }).map(pairs => Object.fromEntries(pairs))
  const nested = fc
    .dictionary(fc.string(), fc.jsonValue())
    .map(inner => ({ ...good, columns: inner, attributes: inner }))
  return fc.oneof(
    fc.jsonValue(),
    changes,
    changes.map(change => ({ ...good, ...change })),
    nested,
  )
}

// Drawn by their bits, doubles would nearly all be tiny or huge.
const anyNumber = fc.oneof(
  fc.integer({ min: -20_000, max: 20_000 }).map(n => n / 97),
  fc.integer({ min: -10, max: 100_000_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

/** A good event with other numbers and names in it: most of them are readable, and many about the same things. */
export function variedData(good: JsonObject): fc.Arbitrary<JsonObject> {
  const fields = Object.entries(good).flatMap(([field, value]): readonly (readonly [string, fc.Arbitrary<Json>])[] => {
    if (typeof value === 'number') return [[field, anyNumber]]
    return typeof value === 'string' ? [[field, fc.constantFrom(value, value, value, `${value}2`)]] : []
  })
  return fc.record(Object.fromEntries(fields)).map(changes => ({ ...good, ...changes }))
}
