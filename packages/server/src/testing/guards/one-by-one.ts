import assert from 'node:assert/strict'
import { type FeatureValue, groupId, type Json } from '@surety/contract'
import type { Core } from '../../app/core.ts'
import { judge } from '../../pipeline/detect/judge.ts'
import type { Held } from '../../pipeline/detect/memory.ts'
import { enrich } from '../../pipeline/enrich.ts'
import { features } from '../../pipeline/features.ts'
import { ingest, isRejected } from '../../pipeline/ingest.ts'
import type { Arrival, Asking, Judged, Stateful } from '../../pipeline/item.ts'
import { stateful } from '../../pipeline/name-groups.ts'

/** What one process over memory comes to that is fed one by one. */
export interface Fed {
  readonly events: readonly {
    readonly id: string
    readonly versions: Judged['versions']
    readonly evaluations: Judged['evaluations']
    readonly unknowns: Judged['unknowns']
    readonly vectors: { readonly [question: string]: readonly FeatureValue[] }
  }[]
  /** By `group\nkind\nbucket`. */
  readonly rows: ReadonlyMap<string, Json>
  readonly versions: ReadonlyMap<string, number>
}

/** The events as the line reads them. */
export async function readAll(core: Core, events: readonly Arrival[]): Promise<readonly Stateful[]> {
  await core.deps.prepare(new Set(events.map(({ raw }) => raw.tenant)))
  const snapshot = core.active.snapshot()
  return ingest(events, core.deps, snapshot).map(item => {
    assert.ok(!isRejected(item))
    const placed = stateful(item, snapshot, core.deps)
    assert.ok(!('status' in placed))
    return placed
  })
}

/** The pure part of the line over plain maps; nothing of it knows of batches, locks or a database. */
export function fedOneByOne(core: Core, events: readonly Stateful[]): Fed {
  const groups = new Map<string, { version: number; links: { readonly [kind: string]: readonly string[] } }>()
  const state = new Map<string, Map<string, Map<string, Json>>>()
  const rows = new Map<string, Json>()
  const snapshot = core.active.snapshot()
  const fed = events.map(item => {
    const read: Held['read'] = new Map(item.pod.state.map(({ name }) => [name, 'all']))
    for (const id of item.named.map(groupId)) if (!groups.has(id)) groups.set(id, { version: 0, links: {} })
    const { judged, memory, refused } = judge([item], { groups, state, read }, { change: null, rows: () => [] })
    assert.deepEqual([...refused.values()], [])
    const one = judged[0]!
    const left = memory.left()
    for (const { id, ...group } of left.groups) groups.set(id, group)
    for (const { group, kind, bucket, text } of left.rows) {
      const stored = JSON.parse(text) as Json
      if (!state.has(group)) state.set(group, new Map())
      if (!state.get(group)!.has(kind)) state.get(group)!.set(kind, new Map())
      state.get(group)!.get(kind)!.set(bucket, stored)
      rows.set(`${group}\n${kind}\n${bucket}`, stored)
    }
    const { eventId: id, versions, evaluations, unknowns, questions } = one
    const asked = questions.length === 0 ? [] : features(enrich([one as Judged & Asking], snapshot))
    const vectors = Object.fromEntries(asked.map(({ question, features }) => [question.name, features]))
    return { id, versions, evaluations, unknowns, vectors }
  })
  return { events: fed, rows, versions: new Map([...groups].map(([id, { version }]) => [id, version])) }
}
