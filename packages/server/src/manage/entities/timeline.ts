import { canonical, type JsonObject } from '@surety/contract'

/** What an entity is at one time, with what it is looked up by. */
export interface EntityValue {
  readonly body: JsonObject
  readonly key1: string | null
  readonly key2: string | null
  readonly key3: string | null
  readonly spanFrom: Date | null
  readonly spanTo: Date | null
}

/** What holds from one moment on until another; null: with no end. */
export interface Stretch {
  readonly validFrom: Date
  readonly validUntil: Date | null
  /** Counts the changes of the entity from 1. */
  readonly version: number
  /** The change that made this version; null: the one that is being made. */
  readonly madeIn: number | null
  readonly ended: boolean
  readonly value: EntityValue
}

/** The stretches of one entity as they are known: by time, none over another. Every function gives a new one and keeps this. */
export type Timeline = readonly Stretch[]

/** Where time begins: what always was so holds from here on. No time that anybody gives lies before it. */
export const always = new Date('1800-01-01T00:00:00Z')

export const newestVersion = (timeline: Timeline): number =>
  timeline.reduce((highest, { version }) => Math.max(highest, version), 0)

/** What holds at a moment, ended or not; null: nothing is known of it. */
export const stretchAt = (timeline: Timeline, at: Date): Stretch | null =>
  timeline.find(one => one.validFrom <= at && (one.validUntil === null || one.validUntil > at)) ?? null

/** When the entity is gone for good; null: never, as far as is known. */
export function endOf(timeline: Timeline): Date | null {
  const last = timeline.at(-1)
  return last?.ended ? last.validFrom : null
}

/**
 * The value holds from this moment on, until what is known to hold from a later one. What holds already is not written again:
 * then it is the same timeline.
 */
export function withValue(timeline: Timeline, from: Date, value: EntityValue): Timeline {
  const now = stretchAt(timeline, from)
  if (now !== null && !now.ended && isSame(now.value, value)) return timeline
  const later = timeline.filter(one => one.validFrom > from)
  const added = { ...made(timeline), validFrom: from, validUntil: later[0]?.validFrom ?? null, ended: false, value }
  return [...before(timeline, from), added, ...later]
}

/** Also in what it is looked up by, which a pod may come to say differently of the same row. */
const isSame = (one: EntityValue, other: EntityValue): boolean =>
  (['key1', 'key2', 'key3'] as const).every(key => one[key] === other[key]) &&
  one.spanFrom?.getTime() === other.spanFrom?.getTime() &&
  one.spanTo?.getTime() === other.spanTo?.getTime() &&
  canonical(one.body) === canonical(other.body)

/** From this moment on it is gone; what was to hold later falls away. The same timeline where it is gone by then. */
export function withEnd(timeline: Timeline, from: Date): Timeline {
  const last = timeline.at(-1)
  const holds = timeline.some(one => !one.ended && (one.validUntil === null || one.validUntil > from))
  if (!holds || last === undefined) return timeline
  const { value } = stretchAt(timeline, from) ?? last
  return [...before(timeline, from), { ...made(timeline), validFrom: from, validUntil: null, ended: true, value }]
}

/** The end is this one and no other; null: there is none. */
export function withEndAt(timeline: Timeline, from: Date | null): Timeline {
  const end = endOf(timeline)
  if (end?.getTime() === from?.getTime()) return timeline
  const later = end !== null && (from === null || from > end)
  const open = later ? withoutEnd(timeline) : timeline
  return from === null ? open : withEnd(open, from)
}

/** What held last goes on from the end. */
function withoutEnd(timeline: Timeline): Timeline {
  const kept = timeline.slice(0, -1)
  const [last, end] = [kept.at(-1), timeline.at(-1)]
  if (last === undefined || end === undefined || last.ended) return timeline
  return [...kept, { ...end, ...made(timeline), ended: false, value: last.value }]
}

/** What is known up to a moment: the stretch around it is cut there. */
const before = (timeline: Timeline, from: Date): Timeline =>
  timeline
    .filter(one => one.validFrom < from)
    .map(one => (one.validUntil === null || one.validUntil > from ? { ...one, validUntil: from } : one))

const made = (timeline: Timeline) => ({ version: newestVersion(timeline) + 1, madeIn: null })

/** What is known no more, and what is known now. */
export function difference(
  old: Timeline,
  changed: Timeline,
): { readonly closed: readonly Stretch[]; readonly added: readonly Stretch[] } {
  const [had, has] = [new Set(old), new Set(changed)]
  return { closed: old.filter(one => !has.has(one)), added: changed.filter(one => !had.has(one)) }
}
