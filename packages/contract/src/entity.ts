import type { Static, TObject } from 'typebox'

/** From when until when a row is meant, by its own fields: instants as ISO 8601 texts with offset, or dates. Both ends belong to it. */
export type Span = readonly [from: string | Date, to: string | Date]

/** A group by which rows are looked up, and the key in it that a row has; null: the row is not found by this group. */
export interface LookUpKey<Row> {
  readonly group: string
  of(row: Row): string | null
}

/** Reference data that an operator maintains. Routes, import, history and pages come from the server. */
export interface Entity<Row = unknown> {
  /** As it stands in paths: small letters, digits, underscores. */
  readonly name: string
  readonly schema: TObject
  /** `snapshot`: few and small, in memory. `key`: read by look-up key when an event comes. */
  readonly held: 'snapshot' | 'key'
  /** The fields that name a row, in this order. */
  readonly id: readonly string[]
  /** At most three. Their places, from 1, are those of the columns that hold them: a new one is added at the end. */
  readonly keys: readonly LookUpKey<Row>[]
  /** null: rows of this kind have no span. `longestMs` bounds what is read; a longer one is refused. */
  readonly span: { of(row: Row): Span | null; readonly longestMs: number } | null
}

/** What a row of an entity holds. */
export type EntityRow<E> = E extends Entity<infer Row> ? Row : never

type AtMostThree<T> = readonly [] | readonly [T] | readonly [T, T] | readonly [T, T, T]
/** Fields that every row has and that are written as one word: what a name can be made of. */
type Naming<Row> = {
  [K in keyof Row & string]-?: Row[K] extends string | number ? K : never
}[keyof Row & string]

/**
 * Declares a kind of reference data. The type of a row follows from the schema.
 *
 *   const shifts = entity('shift', {
 *     schema: Type.Object({ person: Type.String(), site: Type.String(), start: Time, end: Time }),
 *     held: 'key',
 *     id: ['person', 'site', 'start'],
 *     keys: [{ group: 'person', of: shift => shift.person }, { group: 'site', of: shift => shift.site }],
 *     span: { of: shift => [shift.start, shift.end], longestMs: 48 * 3_600_000 },
 *   })
 * @throws Error with a sentence for the author of the pod
 */
export function entity<S extends TObject>(
  name: string,
  spec: {
    readonly schema: S
    readonly held: 'snapshot' | 'key'
    readonly id: readonly [Naming<Static<S>>, ...Naming<Static<S>>[]]
    readonly keys?: AtMostThree<LookUpKey<NoInfer<Static<S>>>>
    readonly span?: { of(row: NoInfer<Static<S>>): Span | null; readonly longestMs: number }
  },
): Entity<Static<S>> {
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(name)) throw new Error(`an entity cannot be called ${JSON.stringify(name)}`)
  const taken = Object.keys(spec.schema.properties).find(field => reservedColumns.has(field))
  if (taken !== undefined) throw new Error(`${name}: a file uses the column ${taken} for something else than a field`)
  return { keys: [], span: null, ...spec, name }
}

/** Of a file: from when on a row is no longer there. */
export const endsColumn = 'ends'
const reservedColumns: ReadonlySet<string> = new Set([endsColumn])

/** The id of a row: its naming fields, joined by `~` where there are several. Fits into a path without being escaped. */
export function entityId({ id }: Pick<Entity, 'id'>, row: object): string {
  const parts = id.map(field => String((row as Record<string, unknown>)[field]))
  return parts.length === 1 ? parts[0]! : parts.map(part => part.replace(/[%~]/g, encodeReserved)).join('~')
}

const encodeReserved = (sign: string): string => (sign === '%' ? '%25' : '%7E')
