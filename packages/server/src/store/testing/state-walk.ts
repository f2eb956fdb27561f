/** A line of nothing but state: it places events, notes what they find, and folds them. For one process, or over memory one by one. */
import {
  type Event,
  type Folding,
  type GroupKey,
  groupId,
  type Json,
  type Kind,
  type StateKind,
} from '@surety/contract'
import { emptyBatch } from '../batch-rows.ts'
import type { HeldWrites, Recalled, StatePlan } from '../state-batch.ts'

export interface Arrived {
  readonly kind: Kind
  readonly event: Event
}

/** What became of one event: what it found, which groups it left at which version, and which of them it changed. */
export interface Walked {
  readonly id: string
  readonly found: string
  readonly versions: { readonly [group: string]: number }
  readonly moved: readonly string[]
}

export const pod = 'guards'

const noReference = { get: () => null, groupsOfCase: () => [] }

const namedOf = ({ kind, event }: Arrived): readonly GroupKey[] =>
  (kind.groups?.(event.data, noReference) ?? []).filter(key => key !== null)

export function planOf(
  kinds: readonly StateKind[],
  tenant: string,
  batch: readonly Arrived[],
  now: Date,
): StatePlan<null> {
  const ranked = new Map(
    kinds.flatMap(({ group, link }) => [group, ...(link === null ? [] : [link.to])]).map(g => [g.name, g.rank]),
  )
  return {
    tenant,
    pod,
    keys: batch.map(({ event }) => ({
      tenant,
      eventId: event.id,
      caseId: null,
      kind: event.kind,
      payloadHash: Buffer.alloc(16),
      recordedAt: now,
      decisionId: null,
      caseKinds: null,
    })),
    ranks: [...ranked.keys()].toSorted((a, b) => ranked.get(a)! - ranked.get(b)!),
    named: [...new Set(batch.flatMap(namedOf).map(groupId))],
    follow: kinds
      .filter(({ link }) => link?.followedBy.some(by => batch.some(({ kind }) => kind === by)))
      .map(k => k.name),
    state: kinds.map(kind => ({ kind: kind.name, group: kind.group.name, buckets: null })),
    ask: async () => null,
  }
}

/** The past as the batch leaves it, over what was recalled. */
class World {
  readonly #recalled: Pick<Recalled<unknown>, 'groups' | 'state'>
  readonly groups = new Map<string, { version: number; links: { readonly [kind: string]: readonly string[] } }>()
  readonly rows = new Map<string, { group: string; kind: string; bucket: string; value: unknown }>()

  constructor(recalled: Pick<Recalled<unknown>, 'groups' | 'state'>) {
    this.#recalled = recalled
  }

  group(id: string) {
    const held = this.groups.get(id) ?? this.#recalled.groups.get(id)
    if (held === undefined) throw new Error(`${id} is not held`)
    return held
  }

  row(group: string, kind: StateKind, bucket: string): unknown {
    const changed = this.rows.get(`${group}\n${kind.name}\n${bucket}`)
    if (changed !== undefined) return changed.value
    return this.#recalled.state.get(group)?.get(kind.name)?.get(bucket) ?? kind.initial
  }

  set(group: string, kind: StateKind, bucket: string, value: unknown): void {
    this.rows.set(`${group}\n${kind.name}\n${bucket}`, { group, kind: kind.name, bucket, value })
    if (kind.link === null) return
    const { to, all } = kind.link
    const links = all(value).map(key => groupId({ group: to, key }))
    for (const link of links) this.group(link)
    const held = this.group(group)
    this.groups.set(group, { ...held, links: { ...held.links, [kind.name]: links } })
  }
}

interface Placed extends Arrived {
  readonly own: ReadonlyMap<string, GroupKey>
  readonly beside: readonly GroupKey[]
}

function place(item: Arrived, kinds: readonly StateKind[], world: World): Placed {
  const own = new Map(namedOf(item).map(key => [key.group.name, key]))
  const beside: GroupKey[] = []
  for (const kind of kinds.toSorted((a, b) => a.group.rank - b.group.rank)) {
    const { link } = kind
    const from = own.get(kind.group.name)
    if (link === null || from === undefined || !link.followedBy.includes(item.kind)) continue
    const value = world.row(groupId(from), kind, '')
    const to = own.has(link.to.name) ? null : link.to.of(link.at(value, item.event.at))
    if (to !== null) own.set(link.to.name, to)
    for (const key of link.all(value)) beside.push({ group: link.to, key })
  }
  const others = beside.filter(key => own.get(key.group.name)?.key !== key.key)
  for (const key of [...own.values(), ...others]) world.group(groupId(key))
  return { ...item, own, beside: others }
}

function walkOne(item: Placed, kinds: readonly StateKind[], world: World): Walked {
  const { event, own, beside } = item
  const found = kinds.map(kind => {
    const key = own.get(kind.group.name)
    if (key === undefined) return null
    const value = world.row(groupId(key), kind, '')
    return [kind.before(value, event.at), kind.after(value, event.at)]
  })
  const moved = new Set<string>()
  for (const kind of kinds) {
    if (!kind.on.includes(item.kind)) continue
    const mine = own.get(kind.group.name)
    const into = [...(mine === undefined ? [] : [mine]), ...(kind.everywhere ? beside : [])]
    for (const key of into.filter(({ group }) => group.name === kind.group.name)) {
      const x: Folding<Event> = {
        event,
        here: key.key,
        seen: [],
        unknowns: [],
        key: group => own.get(group.name)?.key ?? null,
      }
      const bucket = kind.bucket(x)
      if (bucket === null) continue
      const before = world.row(groupId(key), kind, bucket)
      const after = kind.fold(before, x)
      if (after === before) continue
      world.set(groupId(key), kind, bucket, after)
      moved.add(groupId(key))
    }
  }
  const versions: { [group: string]: number } = {}
  for (const id of [...own.values(), ...beside].map(groupId)) {
    const held = world.group(id)
    versions[id] = held.version + (moved.has(id) ? 1 : 0)
    if (moved.has(id)) world.groups.set(id, { ...held, version: held.version + 1 })
  }
  return { id: event.id, found: JSON.stringify(found), versions, moved: [...moved] }
}

/** The fold of the batch: each event sees what the events before it left. */
export function walk(
  kinds: readonly StateKind[],
  tenant: string,
  batch: readonly Arrived[],
  recalled: Pick<Recalled<unknown>, 'fresh' | 'groups' | 'state'>,
  now: Date,
): HeldWrites<readonly Walked[]> {
  const world = new World(recalled)
  const fresh = batch.filter(({ event }) => recalled.fresh.has(event.id))
  const done = fresh.map(item => walkOne(place(item, kinds, world), kinds, world))
  const moved = new Set(done.flatMap(one => one.moved))
  return {
    batch: {
      ...emptyBatch,
      keys: planOf(kinds, tenant, fresh, now).keys,
      events: fresh.map(({ event }, index) => ({
        tenant,
        eventId: event.id,
        pod,
        kind: event.kind,
        caseId: null,
        occurredAt: new Date(event.at),
        recordedAt: now,
        payload: JSON.stringify({ found: done[index]!.found, moved: done[index]!.moved }),
        pii: null,
        sealed: null,
        search: null,
        versions: JSON.stringify(done[index]!.versions),
      })),
    },
    groups: [...world.groups].filter(([id]) => moved.has(id)).map(([id, group]) => ({ tenant, pod, id, ...group })),
    rows: [...world.rows.values()].map(row => ({
      ...row,
      tenant,
      pod,
      value: JSON.stringify(row.value),
      updatedAt: now,
    })),
    evaluations: [],
    refused: [],
    done,
  }
}

export type Rows = ReadonlyMap<string, Json>

/** One process over memory, fed one by one. @returns what each found, and the rows by `group\nkind\nbucket` in the end */
export function fedOneByOne(
  kinds: readonly StateKind[],
  events: readonly Arrived[],
): { readonly walked: readonly Walked[]; readonly rows: Rows; readonly versions: ReadonlyMap<string, number> } {
  const groups = new Map<
    string,
    { id: string; version: number; links: { readonly [kind: string]: readonly string[] } }
  >()
  const state = new Map<string, Map<string, Map<string, Json>>>()
  const rows = new Map<string, Json>()
  const walked = events.map(item => {
    for (const id of namedOf(item).map(groupId)) if (!groups.has(id)) groups.set(id, { id, version: 0, links: {} })
    const writes = walk(kinds, 't', [item], { fresh: new Set([item.event.id]), groups, state }, new Date(0))
    for (const { id, version, links } of writes.groups) groups.set(id, { id, version, links })
    for (const { group, kind, bucket, value } of writes.rows) {
      if (!state.has(group)) state.set(group, new Map())
      if (!state.get(group)!.has(kind)) state.get(group)!.set(kind, new Map())
      state
        .get(group)!
        .get(kind)!
        .set(bucket, JSON.parse(value) as Json)
      rows.set(`${group}\n${kind}\n${bucket}`, JSON.parse(value) as Json)
    }
    return writes.done[0]!
  })
  return { walked, rows, versions: new Map([...groups].map(([id, { version }]) => [id, version])) }
}
