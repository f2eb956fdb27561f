import { type GroupKey, groupId, type Json, mostLinks, type StateKind } from '@surety/contract'

type Buckets = ReadonlyMap<string, Json>

/** What was read under the locks of a batch. */
export interface Held {
  readonly groups: ReadonlyMap<string, HeldGroup>
  /** By group, kind and bucket; what is not here has no row. */
  readonly state: ReadonlyMap<string, ReadonlyMap<string, Buckets>>
  /** By kind of state the buckets that were read of it; `all`: every one there is. A kind that is not here was not read. */
  readonly read: ReadonlyMap<string, 'all' | ReadonlySet<string>>
}

interface HeldGroup {
  readonly version: number
  readonly links: { readonly [kind: string]: readonly string[] }
}

/** An event needs a group that is not held: reference data has moved since the groups were named. */
export class NotHeld extends Error {}

/** An event needs a row that was not read: its bucket follows from what was found. */
export class NotRead extends Error {
  readonly kind: StateKind

  constructor(kind: StateKind) {
    super(`the state ${kind.name} was not read as far as it is needed`)
    this.kind = kind
  }
}

/** A row as the batch leaves it so far, and its text, which is measured as it is set. */
interface Changed {
  readonly value: unknown
  readonly text: string
}

/** Bytes that the row of a kind of state may have. */
const largestRow = 1_000

/** The past as the batch has left it so far, over what was read. It lives as long as one batch is judged. */
export class Memory {
  readonly #held: Held
  readonly #groups = new Map<string, HeldGroup>()
  readonly #rows = new Map<string, Map<string, Map<string, Changed>>>()

  constructor(held: Held) {
    this.#held = held
  }

  /** @throws NotHeld */
  group(id: string): HeldGroup {
    const found = this.#groups.get(id) ?? this.#held.groups.get(id)
    if (found === undefined) throw new NotHeld(`${id} is not held`)
    return found
  }

  /** @throws NotRead */
  row(group: string, kind: StateKind, bucket: string): unknown {
    const changed = this.#rows.get(group)?.get(kind.name)?.get(bucket)
    if (changed !== undefined) return changed.value
    const read = this.#held.read.get(kind.name)
    if (read === undefined || (read !== 'all' && !read.has(bucket))) throw new NotRead(kind)
    return this.#held.state.get(group)?.get(kind.name)?.get(bucket) ?? kind.initial
  }

  /** All rows of a kind that are there and were read, by bucket. */
  rows(group: string, kind: StateKind): ReadonlyMap<string, unknown> {
    const stored: Buckets | undefined = this.#held.state.get(group)?.get(kind.name)
    const changed = this.#rows.get(group)?.get(kind.name)
    if (changed === undefined) return stored ?? new Map()
    const rows = new Map<string, unknown>(stored)
    for (const [bucket, { value }] of changed) rows.set(bucket, value)
    return rows
  }

  /**
   * @param holds whether the event itself holds a group: what others of the batch hold must make no difference
   * @throws Error where it is too large, or points to too many groups or one that is not held: the mistake of who wrote the kind
   */
  set(key: GroupKey, kind: StateKind, bucket: string, value: unknown, holds: (group: string) => boolean): void {
    const group = groupId(key)
    const text = JSON.stringify(value)
    if (Buffer.byteLength(text) > largestRow)
      throw new Error(`a row of the state ${kind.name} would have more than ${largestRow} bytes`)
    if (kind.link !== null) this.#link(group, kind, kind.link.all(value), kind.link.to, holds)
    const kinds = this.#rows.get(group) ?? new Map<string, Map<string, Changed>>()
    this.#rows.set(group, kinds)
    const buckets = kinds.get(kind.name) ?? new Map<string, Changed>()
    kinds.set(kind.name, buckets)
    buckets.set(bucket, { value, text })
  }

  #link(
    group: string,
    kind: StateKind,
    keys: readonly string[],
    to: GroupKey['group'],
    holds: (group: string) => boolean,
  ): void {
    if (keys.length > mostLinks)
      throw new Error(`a row of the state ${kind.name} would point to ${keys.length} groups: ${mostLinks} may`)
    const links = keys.map(key => groupId({ group: to, key }))
    const held = this.group(group)
    const before = held.links[kind.name] ?? []
    const strange = links.find(link => !before.includes(link) && !holds(link))
    if (strange !== undefined) throw new Error(`${kind.name} points to ${strange}, which the event does not hold`)
    this.#groups.set(group, { ...held, links: { ...held.links, [kind.name]: links } })
  }

  /** One event has changed rows of this group. */
  moved(id: string): number {
    const held = this.group(id)
    this.#groups.set(id, { ...held, version: held.version + 1 })
    return held.version + 1
  }

  /** What is to be written: groups whose version moved, and all rows that changed. */
  left(): {
    readonly groups: readonly (HeldGroup & { readonly id: string })[]
    readonly rows: readonly {
      readonly group: string
      readonly kind: string
      readonly bucket: string
      /** Json. */
      readonly text: string
    }[]
  } {
    const rows = []
    for (const [group, kinds] of this.#rows)
      for (const [kind, buckets] of kinds)
        for (const [bucket, { text }] of buckets) rows.push({ group, kind, bucket, text })
    return { groups: [...this.#groups].map(([id, group]) => ({ id, ...group })), rows }
  }
}
