import type { Static, TObject, TSchema } from 'typebox'
import type { Entity } from './entity.ts'
import type { ReadResult } from './event.ts'
import type { PodSettings } from './features.ts'
import type { GroupKey } from './groups.ts'
import { shaped } from './shaped.ts'

/** What a kind may know when it reads an event. Time is handed in: nothing in a pod reads a clock. */
export interface ReadContext {
  readonly now: Date
  readonly settings: PodSettings
}

/** Reference data held in memory as it was at the event's time, and the groups of a case, which never change. */
export interface Reference {
  get<Row>(entity: Entity<Row>, id: string): Row | null
  groupsOfCase(id: string): readonly GroupKey[]
}

/** One kind of event of a pod: its shape for the docs, and how it is read. It asks if a question stands on it. */
export interface EventKind {
  /** It belongs to a case that is there already: as what became of it, or as a part of its conversation. */
  readonly belongs?: 'outcome' | 'message'
  /**
   * Days, a whole number from 1 to 366, for which its ids are remembered at the least; null or left out: for ever, as what asks
   * must be, because a case is found by the id that opened it.
   */
  readonly rememberDays?: number | null
  /** The line itself makes its events, as it does ticks: no door takes one. */
  readonly madeHere?: true
  readonly schema: TSchema
  /** Validates and normalises; answers errors as data, one per field, and never throws on bad input. */
  read(data: unknown, context: ReadContext): ReadResult
  /**
   * The groups that it holds while it is judged, at most one of each name; `data` is the payload that `read` gave. A kind that
   * names groups is stateful; left out: it reads and leaves no state.
   */
  groups?(data: unknown, reference: Reference): readonly (GroupKey | null)[]
}

/** A kind as a constant that carries its name and the type of its payload, so that what stands on it is checked against both. */
export interface Kind<Name extends string = string, Data = unknown> extends EventKind {
  readonly name: Name
  groups?(data: Data, reference: Reference): readonly (GroupKey | null)[]
  /** Never set: it carries the type. */
  readonly data?: Data
}

/** An event as rules, folds and questions see it. */
export interface Event<Name extends string = string, Data = unknown> {
  readonly kind: Name
  readonly id: string
  readonly tenant: string
  /** The event's own time, in milliseconds since 1970. */
  readonly at: number
  /** It came too late to be acted on. */
  readonly late: boolean
  readonly data: Data
}
export type EventOf<K> = K extends Kind<infer Name, infer Data> ? Event<Name, Data> : never

/** What belongs to a case says itself to which one, and as what. */
type Reading =
  | { readonly belongs?: never; read?: EventKind['read'] }
  | (Required<Pick<EventKind, 'belongs'>> & Pick<EventKind, 'read'>)

/**
 * Declares a kind whose payload has the shape of its schema. Without `read` an event is read by it.
 *
 *   const punch = kind('attendance.punch', { schema, groups: data => [person.of(data.person), site.of(data.site)] })
 */
export const kind = <const Name extends string, S extends TObject>(
  name: Name,
  spec: Omit<EventKind, 'schema' | 'groups' | 'read' | 'belongs'> &
    Reading & {
      readonly schema: S
      groups?(data: NoInfer<Static<S>>, reference: Reference): readonly (GroupKey | null)[]
    },
): Kind<Name, Static<S>> => ({ read: shaped(spec.schema), ...spec, name })
