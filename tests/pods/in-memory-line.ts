import assert from 'node:assert/strict'
import {
  type Entity,
  entityId,
  type FeatureValue,
  type GroupKey,
  groupId,
  type Json,
  type Question,
  type ReadEvent,
  type StateKind,
} from '@surety/contract'
import { judge } from '../../packages/server/src/pipeline/detect/judge.ts'
import type { ReferencePiece, ReferenceRows } from '../../packages/server/src/pipeline/detect/look.ts'
import type { Held } from '../../packages/server/src/pipeline/detect/memory.ts'
import type { Judged, Stateful } from '../../packages/server/src/pipeline/item.ts'
import type { Examined } from './find-pods.ts'

/** An event that its kind has read, and when it happened. */
export interface Read {
  readonly kind: string
  readonly event: ReadEvent
  readonly at: number
}
export interface Vector {
  readonly question: Question
  readonly values: readonly FeatureValue[]
}

/** The pure part of the line, fed event by event over a past in memory: no batches, no locks, no database. */
export class InMemoryLine {
  readonly #of: Examined
  readonly #groups = new Map<string, { version: number; links: { readonly [kind: string]: readonly string[] } }>()
  readonly #state = new Map<string, Map<string, Map<string, Json>>>()
  readonly #read: Held['read']
  #lastNamed: readonly GroupKey[] = []
  #fed = 0

  constructor(of: Examined) {
    this.#of = of
    this.#read = new Map(of.pod.state.map(({ name }) => [name, 'all']))
  }

  /** null: its groups cannot be named, so it is refused at the door. @throws whatever the pod throws */
  feed({ kind, event, at }: Read): Judged | null {
    const { pod, settings } = this.#of
    const named = this.#named(kind, event)
    if (named === null) return null
    const id = `e${this.#fed++}`
    const seen = { kind, id, tenant: 'tenant-a', at, late: false, data: event.payload }
    const item = { eventId: id, pod, event, named, seen, questions: pod.asked.get(kind) ?? [], settings }
    for (const group of named.map(groupId))
      if (!this.#groups.has(group)) this.#groups.set(group, { version: 0, links: {} })
    const held: Held = { groups: this.#groups, state: this.#state, read: this.#read }
    const reference = { change: null, rows: rowsOf(this.#of) }
    const { judged, memory, refused } = judge([item as unknown as Stateful], held, reference)
    for (const error of refused.values()) throw error
    for (const { id: group, ...left } of memory.left().groups) this.#groups.set(group, left)
    for (const { group, kind: of, bucket, text } of memory.left().rows) this.#keep(group, of, bucket, text)
    return judged[0]!
  }

  /** What the questions of an event see of it. */
  vectors({ event, asks, settings }: Judged): readonly Vector[] {
    const { pod } = this.#of
    const recordedAt = new Date('2026-03-10T09:30:00Z')
    const enrichment = pod.enrich(event, { now: recordedAt, settings, enrichment: true })
    return asks.map(({ question, look }) => ({
      question,
      values: question.features({ event, enrichment, tenant: 'tenant-a', recordedAt, settings, look }),
    }))
  }

  /** Rows of a kind as they were stored. */
  rows({ name }: StateKind): readonly Json[] {
    return [...this.#state.values()].flatMap(kinds => [...(kinds.get(name)?.values() ?? [])])
  }

  #named(kind: string, event: ReadEvent): readonly GroupKey[] | null {
    const { pod, reference = {} } = this.#of
    const known = {
      get<Row>(entity: Entity<Row>, id: string): Row | null {
        return (reference[entity.name]?.find(row => entityId(entity, row) === id) as Row | undefined) ?? null
      },
      groupsOfCase: () => this.#lastNamed,
    }
    try {
      const named = (pod.kinds[kind]!.groups?.(event.payload, known) ?? []).filter(key => key !== null)
      const names = named.map(({ group }) => group.name)
      assert.equal(new Set(names).size, names.length, `${kind} names two groups of one name: ${names.join(', ')}`)
      if (pod.kinds[kind]!.belongs === undefined) this.#lastNamed = named
      return named
    } catch (error) {
      if (error instanceof RangeError) return null
      throw error
    }
  }

  #keep(group: string, kind: string, bucket: string, text: string): void {
    const kinds = this.#state.get(group) ?? new Map<string, Map<string, Json>>()
    this.#state.set(group, kinds)
    const buckets = kinds.get(kind) ?? new Map<string, Json>()
    kinds.set(kind, buckets)
    buckets.set(bucket, JSON.parse(text) as Json)
  }
}

/** Reference data of the samples: there since 1970, and not ended. */
const rowsOf =
  ({ reference = {} }: Examined): ReferenceRows =>
  ({ entity, group, around }, id) =>
    (reference[entity.name] ?? [])
      .filter(row =>
        around === null
          ? id === `${group.name}:${entityId(entity, row)}`
          : entity.keys.some(key => key.group === group.name && id === `${group.name}:${key.of(row)}`),
      )
      .map((body): ReferencePiece => {
        const span = entity.span?.of(body) ?? null
        const [from, to] = span === null ? [null, null] : [new Date(span[0]), new Date(span[1])]
        return { validFrom: new Date(0), validUntil: null, spanFrom: from, spanTo: to, body }
      })
