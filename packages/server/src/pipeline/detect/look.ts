import {
  type AnyLook,
  type EntitySource,
  type Group,
  groupId,
  type JsonObject,
  type Needs,
  type StateSource,
  settingOf,
} from '@surety/contract'
import type { Stateful } from '../item.ts'
import type { Memory } from './memory.ts'
import type { Place } from './place.ts'

/** A row of reference data over a stretch of time. */
export interface ReferencePiece {
  readonly validFrom: Date
  readonly validUntil: Date | null
  readonly spanFrom: Date | null
  readonly spanTo: Date | null
  readonly body: JsonObject
}

/** What was read of reference data: by what asks for it and the id of the group by which it was found. */
export type ReferenceRows = (source: EntitySource, group: string) => readonly ReferencePiece[]

/** What one event may see: strictly before its own time, and whatever of its group is known to have come after it. */
export function lookOf(item: Stateful, at: Place, needs: Needs, memory: Memory, reference: ReferenceRows): AnyLook {
  const past: { [name: string]: unknown } = {}
  for (const name in needs) {
    const { source } = needs[name]!
    past[name] = source.from === 'state' ? stateSeen(source, item, at, memory) : entitySeen(source, item, at, reference)
  }
  return {
    event: item.seen,
    past: past as AnyLook['past'],
    key: (group: Group) => at.own.get(group.name)?.key ?? null,
    setting: setting => settingOf(item.settings, setting),
  }
}

function stateSeen({ kind, view, many, days }: StateSource, { seen }: Stateful, at: Place, memory: Memory): unknown {
  const key = at.own.get(kind.group.name)
  const asOf = (value: unknown) => (view === 'before' ? kind.before(value, seen.at) : kind.after(value, seen.at))
  if (!many) return key === undefined ? kind.initial : asOf(memory.row(groupId(key), kind, ''))
  const shown = new Map<string, unknown>()
  if (key === undefined) return shown
  const within = days === null ? null : daysAround(seen.at, days)
  for (const [bucket, value] of memory.rows(groupId(key), kind))
    if (within === null || (bucket >= within[0] && bucket <= within[1])) shown.set(bucket, asOf(value))
  return shown
}

/** The days from one moment to another around a moment, as their buckets are called. */
export const daysAround = (at: number, [from, to]: readonly [number, number]): readonly [string, string] => [
  dayOf(at + from),
  dayOf(at + to),
]
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

function entitySeen(source: EntitySource, { seen }: Stateful, at: Place, reference: ReferenceRows): unknown {
  const key = at.own.get(source.group.name)
  const rows = key === undefined ? [] : reference(source, groupId(key)).filter(row => holds(row, seen.at))
  if (source.around === null) return rows[0]?.body ?? null
  const [from, to] = source.around
  return rows.filter(row => touches(row, seen.at + from, seen.at + to)).map(({ body }) => body)
}

const holds = ({ validFrom, validUntil }: ReferencePiece, at: number): boolean =>
  validFrom.getTime() <= at && (validUntil === null || validUntil.getTime() > at)

const touches = ({ spanFrom, spanTo }: ReferencePiece, from: number, to: number): boolean =>
  spanFrom === null || spanTo === null || (spanFrom.getTime() <= to && spanTo.getTime() >= from)
