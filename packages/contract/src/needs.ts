import type { Entity } from './entity.ts'
import type { Evaluation } from './evaluation.ts'
import type { PodSettings } from './features.ts'
import type { Group } from './groups.ts'
import type { Event } from './kind.ts'
import type { StateKind } from './state.ts'

/** Relative to an event's own time, in milliseconds; both ends belong to it. */
export type Around = readonly [from: number, to: number]

/** Rows of state of the event's own group: as they were before it, or what has come after it. */
export interface StateSource {
  readonly from: 'state'
  readonly kind: StateKind
  readonly view: 'before' | 'after'
  /** All buckets, or the one row. */
  readonly many: boolean
  /** Only buckets that are called after a day (`2027-03-14`) around the event; null: all. */
  readonly days: Around | null
}
/** Reference data: the entity that the event's group is, or those found by it whose span touches the time around the event. */
export interface EntitySource {
  readonly from: 'entity'
  readonly entity: Entity
  readonly group: Group
  readonly around: Around | null
}

/** One thing that is read before an event is judged. Whoever reads it says so; the line reads the union once a batch. */
export interface Need<T = unknown> {
  readonly source: StateSource | EntitySource
  /** Never set: it carries the type. */
  readonly gives?: T
}
export type Needs = { readonly [name: string]: Need }
export type Past<N extends Needs> = { readonly [K in keyof N]: N[K] extends Need<infer T> ? T : never }

const dayMs = 86_400_000

const stateNeed = (kind: unknown, view: StateSource['view'], many: boolean, days: Around | null): Need<never> => ({
  source: { from: 'state', kind: kind as StateKind, view, many, days },
})

/** The row of a kind that has one in each group, as it was before the event. */
export const row = <Value>(kind: StateKind<Value>): Need<Value> => stateNeed(kind, 'before', false, null)
/** What has come after the event already: empty unless it comes late. */
export const later = <Value>(kind: StateKind<Value>): Need<Value> => stateNeed(kind, 'after', false, null)
/** All rows of a kind, by bucket; `lastDays`: only buckets of so many days before the event and of its own. */
export const rows = <Value>(kind: StateKind<Value>, lastDays?: number): Need<ReadonlyMap<string, Value>> =>
  stateNeed(kind, 'before', true, lastDays === undefined ? null : [-lastDays * dayMs, 0])

/** The entity whose id is the key of the event's group of that name. */
export const own = <Row>(entity: Entity<Row>, group: Group): Need<Row | null> => ({
  source: { from: 'entity', entity: entity as Entity, group, around: null },
})
/**
 * The rows found by the event's group whose span touches the time from `back` before to `ahead` after the event, in milliseconds.
 * @throws Error with a sentence for the author of the pod
 */
export function near<Row>(entity: Entity<Row>, group: Group, back: number, ahead: number): Need<readonly Row[]> {
  if (!entity.keys.some(key => key.group === group.name))
    throw new Error(`${entity.name} is not found by a ${group.name}: it has no such look-up key`)
  if (entity.span === null) throw new Error(`${entity.name} has no span, so no row of it is near an event`)
  return { source: { from: 'entity', entity: entity as Entity, group, around: [-back, ahead] } }
}

/** What a rule or a question sees of one event: nothing but what it asked for. */
export interface Look<E, N extends Needs> {
  readonly event: E
  readonly past: Past<N>
  /** The key of the event's own group of that name; null: it has none. */
  key(group: Group): string | null
  /** As it is set for this tenant. */
  setting(setting: Setting): number
}
export type AnyLook = Look<Event, Needs>

/** Whom a question is asked about: by a key of 1 to 128 characters, once in each event; empty: whom the event is about. */
export interface Subject {
  readonly key: string
  /** The finding that raised it. */
  readonly finding?: Evaluation
}

/** What a question sees of one event: the rules have spoken, and nothing is folded yet. */
export interface Asking<E extends Event = Event, N extends Needs = Needs> extends Look<E, N> {
  /** What fired, in the order of the detectors. */
  readonly findings: readonly Evaluation[]
  readonly subject: Subject
}

/** A number that an operator may move within a range. */
export interface Setting {
  readonly name: string
  readonly help: string
  readonly value: number
  readonly min: number
  readonly max: number
}

/** @throws Error with a sentence for the author of the pod */
export function setting(name: string, value: number, [min, max]: readonly [number, number], help: string): Setting {
  if (!/^[a-z][a-z0-9_.]{0,59}$/.test(name)) throw new Error(`a setting cannot be called ${JSON.stringify(name)}`)
  if (!(min <= value && value <= max)) throw new Error(`${name}: ${value} is not between ${min} and ${max}`)
  return { name, help, value, min, max }
}

/** As an operator has set it for a tenant, or its default. */
export function settingOf(settings: PodSettings, { name, value }: Setting): number {
  const set = settings[name]
  return typeof set === 'number' ? set : value
}
