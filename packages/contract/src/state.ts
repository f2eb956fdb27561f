import type { Evaluation, UnknownEvaluation } from './evaluation.ts'
import type { Group } from './groups.ts'
import type { Event, EventOf, Kind } from './kind.ts'

/** What a fold may look at: the event and what was measured in it. Never a prediction, a decision or a case. */
export interface Folding<E> {
  readonly event: E
  /** The key of the group whose row this is. */
  readonly here: string
  /** Fired or not. */
  readonly seen: readonly Evaluation[]
  readonly unknowns: readonly UnknownEvaluation[]
  /** The key of the event's own group of that name; null: it has none. */
  key(group: Group): string | null
}

/** A kind of state: rows by group and bucket, each a value of plain JSON of at most 1,000 bytes, which the line folds in event order. */
export interface StateKind<Value = unknown> {
  /** Unique in the pod. */
  readonly name: string
  readonly group: Group
  readonly on: readonly Kind[]
  /** A day, an hour of the week, a member; empty: the group has one row. null: this event leaves this kind alone. */
  bucket(x: Folding<Event>): string | null
  readonly initial: Value
  /** Pure. The same value back: nothing is written and no version moves. */
  fold(value: Value, x: Folding<Event>): Value
  /** As it was strictly before a moment, in milliseconds, and what has come after it, for an event that comes late. */
  before(value: Value, at: number): Value
  after(value: Value, at: number): Value
  /** null: it points to no other group. */
  readonly link: Link<Value> | null
  /** Also folded into the groups that the event holds beside its own through a link: the site that somebody left. */
  readonly everywhere: boolean
}

/** Groups of a higher rank that a row points to: kept in the group's own row, and held with it by whoever follows. */
export interface Link<Value> {
  readonly to: Group
  /** Kinds that hold this row's group and need the other one: where an event names none, `at` finds it. */
  readonly followedBy: readonly Kind[]
  /** Keys of all that an event of now may need, at most four. A fold may add only a group that its event holds. */
  all(value: Value): readonly string[]
  /** The one as of a moment in milliseconds; null: none. */
  at(value: Value, at: number): string | null
}

interface Where<K extends Kind> {
  readonly name: string
  readonly group: Group
  readonly on: readonly K[]
  readonly everywhere?: boolean
}
/** A row that links is the only one of its kind in its group. */
type Linking<Value> = { readonly bucket?: never; readonly link: Link<NoInfer<Value>> }
interface Bucketed<K extends Kind> {
  bucket?(x: Folding<EventOf<K>>): string | null
  readonly link?: never
}

export type StateSpec<K extends Kind, Value> = Where<K> & (Linking<Value> | Bucketed<K>)

/**
 * The general form: a value that is folded. Without `before` it is what it is, for late events too.
 *
 *   const episodes = state({ name: 'episodes', group: site, on: [ticked], initial: { open: 0 }, fold: (value, x) => … })
 * @throws Error with a sentence for the author of the pod
 */
export function state<K extends Kind, Value>(
  spec: StateSpec<K, Value> & {
    readonly initial: Value
    fold(value: NoInfer<Value>, x: Folding<EventOf<K>>): NoInfer<Value>
    before?(value: NoInfer<Value>, at: number): NoInfer<Value>
    after?(value: NoInfer<Value>, at: number): NoInfer<Value>
  },
): StateKind<Value> {
  const { name, group, link } = spec
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(name)) throw new Error(`a kind of state cannot be called ${JSON.stringify(name)}`)
  if (link !== undefined && link.to.rank <= group.rank)
    throw new Error(`${name}: a ${group.name} points to groups of a higher rank only, and ${link.to.name} is none`)
  const defaults = {
    bucket: () => '',
    link: null,
    everywhere: false,
    before: (value: Value) => value,
    after: () => spec.initial,
  }
  return { ...defaults, ...spec } as unknown as StateKind<Value>
}

/** Entries of a group in the order of their times; of one time, in the order in which they came. */
export interface Entries<E> {
  /** Nothing that happened from this moment on was left out; of what was before, nothing more is taken in. */
  readonly since: number
  readonly list: readonly E[]
}

/** How much is kept: so many entries at most, and none older than the newest by more than `ms`. */
export interface Kept {
  readonly count: number
  readonly ms: number
}

/**
 * The usual form: entries sorted by their times, so that a late event finds what was before it, and what has come after.
 *
 *   const fixes = entries({ name: 'fixes', group: person, on: [fix], keep: { count: 20, ms: 86_400_000 },
 *     entry: ({ event: { at, data } }) => ({ at, lat: data.lat, lon: data.lon }) })
 */
export function entries<K extends Kind, E extends { readonly at: number }>(
  spec: StateSpec<K, Entries<E>> & {
    readonly keep: Kept
    /** null: this event leaves none. */
    entry(x: Folding<EventOf<K>>): E | null
  },
): StateKind<Entries<E>> {
  const { keep, entry, ...rest } = spec
  if (!(Number.isInteger(keep.count) && keep.count >= 1 && keep.ms > 0))
    throw new Error(`${spec.name}: at least one entry is kept, and for some time`)
  return state<K, Entries<E>>({
    ...(rest as StateSpec<K, Entries<E>>),
    initial: { since: 0, list: [] },
    fold(value, x) {
      const next = entry(x)
      return next === null ? value : withEntry(value, next, keep)
    },
    before: ({ since, list }, at) => ({ since, list: list.filter(one => one.at < at) }),
    after: ({ list }, at) => ({ since: at, list: list.filter(one => one.at > at) }),
  })
}

function withEntry<E extends { readonly at: number }>(value: Entries<E>, next: E, keep: Kept): Entries<E> {
  if (next.at < value.since) return value
  const place = value.list.findLastIndex(one => one.at <= next.at) + 1
  const all = value.list.toSpliced(place, 0, next)
  const oldest = all.at(-1)!.at - keep.ms
  const first = Math.max(
    all.findIndex(one => one.at >= oldest),
    all.length - keep.count,
  )
  if (first === 0) return { since: value.since, list: all }
  const list = all.slice(first)
  const [gone, left] = [all[first - 1]!.at, list[0]!.at]
  // Where it is full an older one would not stay; of entries of one time some may have gone, and what is whole begins after.
  const since = gone === left ? gone + 1 : list.length === keep.count ? left : oldest
  return { since: Math.max(value.since, since), list }
}
