import {
  type EntitySource,
  eachSide,
  type Group,
  groupId,
  type Need,
  type Pod,
  type StateKind,
  type StateSource,
} from '@surety/contract'
import { type HeldCaseRow, openCasesOf } from '../../store/cases.ts'
import { lastEntityChange } from '../../store/entity-changes.ts'
import type { KeyRow } from '../../store/event-keys.ts'
import { type HeldReference, type HeldReferenceAsk, readHeldReference } from '../../store/held-reference.ts'
import { type HeldOnceAct, onceActsOf } from '../../store/once-acts.ts'
import type { Recalled, StatePlan } from '../../store/state-batch.ts'
import type { StateAsk } from '../../store/state-rows.ts'
import { foldingOf } from '../detect/fold.ts'
import type { ReferenceRead } from '../detect/judge.ts'
import { daysAround } from '../detect/look.ts'
import type { Held } from '../detect/memory.ts'
import { standingOn } from '../detect/standing.ts'
import type { Stateful } from '../item.ts'

/** What is read beside the state. */
export interface AskedBeside {
  /** null: nothing of it is looked at. */
  readonly reference: HeldReference | null
  /** Those that may be joined, and those that are answered. */
  readonly cases: readonly HeldCaseRow[]
  /** What was done by itself, near enough to be done no other time. */
  readonly onceActs: readonly HeldOnceAct[]
}

/** What a batch asks for, and how the answer is found again. */
export interface Recall {
  readonly plan: StatePlan<AskedBeside>
  readonly read: Held['read']
  /** Where in the answer each source of reference data stands. */
  readonly places: ReadonlyMap<EntitySource, number>
}

/** All that events of one pod and tenant have to hold and to read: known from the events alone, before anything is locked. */
export function recallOf(
  items: readonly Stateful[],
  keys: readonly KeyRow[],
  /** Kinds of state of which every row is read: the buckets of some follow from what is found. */
  whole: ReadonlySet<StateKind>,
): Recall {
  const [{ pod, raw }] = items as readonly [Stateful, ...Stateful[]]
  const kinds = [...new Set(items.map(({ seen }) => seen.kind))]
  const links = [...new Set(kinds.flatMap(kind => standingOn(pod, kind).follows))]
  const needs = needsOf(pod, kinds)
  const buckets = bucketsOf(items, links, needs, whole)
  const times = items.map(({ seen }) => seen.at)
  const [from, to] = [Math.min(...times), Math.max(...times)]
  const sources = needs.flatMap(({ source }) => (source.from === 'entity' ? [source] : []))
  const wanted = new Map(sources.map(source => [wantedOf(source), source]))
  const order = [...wanted.keys()]
  const asks = [...wanted.values()].map(source => askOf(source, from, to))
  const reachesCases = items.some(
    ({ questions, kind }) => kind.belongs !== undefined || questions.some(({ hangs }) => hangs !== undefined),
  )
  const answered = items.flatMap(({ kind, caseId }) => (kind.belongs !== undefined && caseId !== null ? [caseId] : []))
  const windowMs = onceWindowOf(items)
  const readsReference = pod.entities?.some(({ held }) => held === 'snapshot') === true
  return {
    read: new Map([...buckets].map(([kind, these]) => [kind.name, these])),
    places: new Map(sources.map(source => [source, order.indexOf(wantedOf(source))])),
    plan: {
      tenant: raw.tenant,
      pod: pod.name,
      keys,
      ranks: ranksOf(pod, items).map(({ name }) => name),
      named: [...new Set(items.flatMap(({ named }) => named.map(groupId)))],
      follow: links.map(({ name }) => name),
      state: [...buckets].flatMap(([kind, these]) => stateAsks(kind, these)),
      async ask(db, held) {
        const [reference, cases, onceActs] = await Promise.all([
          asks.length > 0
            ? readHeldReference(db, held, asks)
            : readsReference
              ? lastEntityChange(db, raw.tenant, pod.name).then(({ change }) => ({ change, found: [] }))
              : null,
          reachesCases ? openCasesOf(db, held, [new Date(from), new Date(to)], answered) : [],
          windowMs > 0 ? onceActsOf(db, held, [new Date(from - windowMs), new Date(to + windowMs)]) : [],
        ])
        return { reference, cases, onceActs }
      },
    },
  }
}

/** What was read, as those that judge see it. */
export const heldOf = ({ groups, state }: Recalled<unknown>, { read }: Recall): Held => ({ groups, state, read })

export function referenceOf({ asked: { reference } }: Recalled<AskedBeside>, { places }: Recall): ReferenceRead {
  if (reference === null) return { change: null, rows: () => [] }
  const byGroup = reference.found.map(rows => Map.groupBy(rows, row => row.group))
  return { change: reference.change, rows: (source, group) => byGroup[places.get(source)!]?.get(group) ?? [] }
}

/** The longest window of what may be done once only; 0: nothing is. */
const onceWindowOf = (items: readonly Stateful[]): number =>
  Math.max(
    0,
    ...[...new Set(items.flatMap(({ questions }) => questions))].flatMap(({ actions }) =>
      eachSide(actions).map(({ once }) => once?.windowMs ?? 0),
    ),
  )

function needsOf(pod: Pod, kinds: readonly string[]): readonly Need[] {
  const rules = new Set(kinds.flatMap(kind => standingOn(pod, kind).rules))
  const asked = kinds.flatMap(kind => pod.asked.get(kind) ?? [])
  return [...rules, ...asked].flatMap(({ needs = {} }) => Object.values(needs))
}

type Buckets = 'all' | ReadonlySet<string>

/** Of each kind of state, which rows are read: those that are looked at, followed, or folded into. */
function bucketsOf(
  items: readonly Stateful[],
  links: readonly StateKind[],
  needs: readonly Need[],
  whole: ReadonlySet<StateKind>,
): ReadonlyMap<StateKind, Buckets> {
  const found = new Map<StateKind, Set<string> | 'all'>()
  const add = (kind: StateKind, these: Iterable<string> | 'all'): void => {
    const before = found.get(kind) ?? new Set<string>()
    if (these === 'all' || before === 'all' || whole.has(kind)) found.set(kind, 'all')
    else {
      for (const bucket of these) before.add(bucket)
      found.set(kind, before)
    }
  }
  for (const kind of links) add(kind, [''])
  for (const { source } of needs) if (source.from === 'state') add(source.kind, neededOf(source, items))
  for (const item of items)
    for (const kind of standingOn(item.pod, item.seen.kind).folds) {
      const buckets = whole.has(kind) ? 'all' : bucketAhead(kind, item)
      if (buckets !== null) add(kind, buckets)
    }
  return found
}

function neededOf({ many, days }: StateSource, items: readonly Stateful[]): Iterable<string> | 'all' {
  if (!many) return ['']
  if (days === null) return 'all'
  const stretches = items.map(({ seen }) => daysAround(seen.at, days))
  return [...new Map(stretches.map(days => [days.join(), days])).values()].flatMap(([from, to]) => daysFrom(from, to))
}

function daysFrom(from: string, to: string): readonly string[] {
  const list: string[] = []
  for (const at = new Date(from); ; at.setUTCDate(at.getUTCDate() + 1)) {
    const day = at.toISOString().slice(0, 10)
    if (day > to) return list
    list.push(day)
  }
}

/** Which row the event will be folded into, as far as that follows from itself. null: none, or it will be known later. */
function bucketAhead(kind: StateKind, { named, seen }: Stateful): readonly string[] | null {
  const own = new Map(named.map(key => [key.group.name, key]))
  try {
    const bucket = kind.bucket(
      foldingOf(seen, own, own.get(kind.group.name)?.key ?? '', { evaluations: [], unknowns: [] }),
    )
    return bucket === null ? null : [bucket]
  } catch {
    return null
  }
}

const stateAsks = (kind: StateKind, these: Buckets): readonly StateAsk[] =>
  (these === 'all' ? [null] : stretchesOf(these)).map(buckets => ({
    kind: kind.name,
    group: kind.group.name,
    buckets,
  }))

/** Days that follow each other are one stretch of the index: a month is one look-up in each group and not thirty. */
function stretchesOf(buckets: ReadonlySet<string>): readonly (readonly [string, string])[] {
  const stretches: [string, string][] = []
  for (const bucket of [...buckets].toSorted()) {
    const last = stretches.at(-1)
    if (last !== undefined && isDayAfter(last[1], bucket)) last[1] = bucket
    else stretches.push([bucket, bucket])
  }
  return stretches
}

const dayMs = 86_400_000
const isDayAfter = (day: string, next: string): boolean =>
  [day, next].every(one => /^\d{4}-\d\d-\d\d$/.test(one)) && Date.parse(next) - Date.parse(day) === dayMs

/** The same for rules that need the same, which is read once. */
const wantedOf = ({ entity, group, around }: EntitySource): string => `${entity.name}\n${group.name}\n${around}`

function askOf({ entity, group, around }: EntitySource, from: number, to: number): HeldReferenceAsk {
  const whole = { kind: entity.name, group: group.name, from: new Date(from), to: new Date(to) }
  if (around === null) return { ...whole, slot: 0, span: null }
  const slot = (entity.keys.findIndex(key => key.group === group.name) + 1) as HeldReferenceAsk['slot']
  const span =
    entity.span === null
      ? null
      : { from: new Date(from + around[0]), to: new Date(to + around[1]), longestMs: entity.span.longestMs }
  return { ...whole, slot, span }
}

/** All groups that may be held, the lowest rank first. */
function ranksOf(pod: Pod, items: readonly Stateful[]): readonly Group[] {
  const all = new Map<string, Group>()
  for (const { group, link } of pod.state)
    for (const one of link === null ? [group] : [group, link.to]) all.set(one.name, one)
  for (const { named } of items) for (const { group } of named) all.set(group.name, group)
  return [...all.values()].toSorted((a, b) => a.rank - b.rank)
}
