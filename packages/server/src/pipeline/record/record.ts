import type { EventResult } from '@surety/contract'
import { mayBeOfOne } from '../../errors.ts'
import type { Decided } from '../item.ts'
import { type Item, idEnds, isDecided, keyOf, toBatch } from './batch.ts'
import { casesOfOthers } from './case-ids.ts'
import { CapReached, CaseIdClash, Overtaken, type Recorder } from './recorder.ts'
import { eventResultOf, type Repeated, repeatedResults, repeatWithin, splitRepeats } from './results.ts'

/**
 * One transaction for the whole batch, then one event result per item. An id seen before answers with the first decision; the
 * same id with another payload is a conflict; a case id of ours that was taken is made anew, decided anew where the event
 * has it too, and written again. What belongs to a case that is not there is tried once more when the batches `earlier` under
 * way have ended. Where something cannot be written its batch is written in halves, down to the one that is at fault.
 * @param redecide decides the items anew under what the machine may do now, in the same order
 * @param failed told of each item that is refused because it cannot be written
 * @param told of each item that is written while its neighbours are still looked up or written again: it need not wait for them
 * @throws an outage before anything was written
 */
export async function record(
  items: readonly Item[],
  recorder: Recorder,
  earlier: Promise<unknown> | null,
  redecide: Redecide,
  failed: (item: Item, error: unknown) => void = () => {},
  told: Told = () => {},
): Promise<readonly EventResult[]> {
  const { unique, repeats } = splitRepeats(apart(items), origin)
  const eventResults = new Map<Item, EventResult>()
  const lots: Lot[] = [{ items: unique, earlier, attempts: 0 }]
  for (let lot = lots.shift(); lot !== undefined; lot = lots.shift()) {
    if (lot.items.length === 0) continue
    try {
      const { results, again } = await recordLot(lot, recorder, redecide, failed, told)
      for (const [item, result] of results) eventResults.set(origin(item), result)
      if (again.items.length > 0 || lots.length > 0) for (const [item, result] of results) told(origin(item), result)
      lots.unshift(again)
    } catch (error) {
      if (!mayBeOfOne(error)) {
        if (eventResults.size === 0) throw error
        // A part of it is written: whoever sent that is told so, and the others may come again.
        const [first] = lot.items
        failed(first!, error)
        for (const item of [lot, ...lots.splice(0)].flatMap(({ items }) => items))
          eventResults.set(origin(item), { status: 'rejected', code: 'storage_unavailable' })
      } else if (lot.items.length > 1) lots.unshift(...halvesOf(lot))
      else {
        const [item] = lot.items
        failed(item!, error)
        eventResults.set(origin(item!), notRecorded(error))
      }
    }
  }
  return items.map(item => {
    const first = repeats.get(item)
    const eventResult = eventResults.get(first ?? item)
    if (eventResult === undefined) throw new Error('an item left the stage `record` without an event result')
    return first === undefined ? eventResult : repeatWithin(item, first, eventResult)
  })
}

type Told = (item: Item, result: EventResult) => void

type Redecide = (items: readonly Item[], why: Anew) => Promise<readonly Item[]>

/** What is written together. */
interface Lot {
  readonly items: readonly Item[]
  readonly earlier: Promise<unknown> | null
  /** How often it was written anew, or what it was a part of. */
  readonly attempts: number
}

/** What opens a case goes before what belongs to one, so that it is there. */
function halvesOf({ items, earlier }: Lot): readonly [Lot, Lot] {
  const openersFirst = [...items.filter(isDecided), ...items.filter(item => !isDecided(item))]
  const middle = Math.ceil(items.length / 2)
  return [
    { items: openersFirst.slice(0, middle), earlier, attempts: 0 },
    { items: openersFirst.slice(middle), earlier, attempts: 0 },
  ]
}

const notRecorded = (error: unknown): EventResult =>
  error instanceof CapReached || error instanceof CaseIdClash || error instanceof Overtaken
    ? { status: 'rejected', code: 'overloaded' }
    : { status: 'rejected', code: 'internal', detail: 'This event could not be written; nothing of it was stored.' }

/**
 * Written once, whatever it takes.
 * @returns what became of its items, and those that have to be written again
 * @throws where nothing of it was written
 */
async function recordLot(
  lot: Lot,
  recorder: Recorder,
  redecide: Redecide,
  failed: (item: Item, error: unknown) => void,
  written: Told,
): Promise<{ readonly results: ReadonlyMap<Item, EventResult>; readonly again: Lot }> {
  const results = new Map<Item, EventResult>()
  let { items: waiting, attempts } = lot
  let capsReached = 0
  const decideAnew = async (why: Anew): Promise<void> => {
    const anew = await redecide(waiting, why)
    for (const [i, item] of waiting.entries()) origins.set(anew[i]!, origin(item))
    waiting = anew
  }
  for (; waiting.length > 0; attempts++) {
    if (waiting.some(item => renamed.has(item))) await decideAnew('renamed')
    const refused = await writeOnce(waiting, recorder, attempts - capsReached)
    if (refused === 'overtaken' || refused === 'cap_reached') {
      if (refused === 'cap_reached') capsReached++
      await decideAnew(capsReached >= mostCapsReached ? 'crowded_out' : refused)
      continue
    }
    if (refused === null) {
      const taken = await casesOfOthers(waiting.filter(isDecided), recorder)
      for (const item of taken) results.set(item, { status: 'rejected', code: 'case_exists' })
      const kept = waiting.filter(item => !isDecided(item) || !taken.has(item))
      waiting = apart(kept.map(item => (isDecided(item) && item.ownCaseId ? withNewCase(item) : item)))
      continue
    }
    const unwritten = new Set(refused)
    for (const item of waiting) if (!unwritten.has(item)) results.set(item, resultOrFailure(item, failed))
    if (refused.length > 0) for (const [item, result] of results) written(origin(item), result)
    const { told, again } = await ofRefused(refused, lot.earlier, recorder, failed)
    for (const [item, result] of told) results.set(item, result)
    return { results, again: { ...lot, items: apart(again), earlier: null, attempts: attempts + 1 } }
  }
  return { results, again: { ...lot, items: [] } }
}

/** It is written: whatever is wrong with what its sender is told, nothing may write it again. */
function resultOrFailure(item: Item, failed: (item: Item, error: unknown) => void): EventResult {
  try {
    return eventResultOf(item)
  } catch (error) {
    failed(item, error)
    return { status: 'rejected', code: 'internal', detail: 'This event was recorded, and its answer failed.' }
  }
}

/** Those that were not written because their id was there before, or because their case is not. Their neighbours are: it throws nothing. */
async function ofRefused(
  refused: readonly Item[],
  earlier: Promise<unknown> | null,
  recorder: Recorder,
  failed: (item: Item, error: unknown) => void,
): Promise<{ readonly told: ReadonlyMap<Item, EventResult>; readonly again: readonly Item[] }> {
  const told = new Map<Item, EventResult>()
  const again: Item[] = []
  const homeless: Item[] = []
  const unread = (items: readonly Item[], error: unknown): void => {
    for (const item of items) {
      failed(item, error)
      told.set(item, { status: 'rejected', code: mayBeOfOne(error) ? 'internal' : 'storage_unavailable' })
    }
  }
  /** What is only read may be read in halves. */
  const tell = async (items: readonly Item[]): Promise<void> => {
    try {
      const known = await recorder.first(
        items.map(item => ({ tenant: item.raw.tenant, eventId: item.eventId, ends: idEnds(item.kind) })),
      )
      const repeated: Repeated[] = []
      const alone: Item[] = []
      for (const item of items) {
        const first = known.get(keyOf(item.raw.tenant, item.eventId))
        if (first === undefined && earlier !== null) alone.push(item)
        else repeated.push({ item, first })
      }
      for (const [place, result] of (await repeatedResults(repeated, recorder)).entries())
        told.set(repeated[place]!.item, result)
      homeless.push(...alone)
    } catch (error) {
      if (items.length === 1 || !mayBeOfOne(error)) return unread(items, error)
      const middle = Math.ceil(items.length / 2)
      await tell(items.slice(0, middle))
      await tell(items.slice(middle))
    }
  }
  const known: Item[] = []
  for (const item of refused)
    if (isDecided(item) && item.ownCaseId && item.raw.eventId === undefined) again.push(withNewCase(item))
    else known.push(item)
  if (known.length > 0) await tell(known)
  // Its case may be on its way: one request of many events is more than one batch, and two are under way at once.
  if (homeless.length > 0) await earlier
  return { told, again: [...again, ...homeless] }
}

/**
 * Why a batch is decided anew. `crowded_out`: others took the last places each time this batch reached for them, so that
 * whatever has a cap is asked. `renamed`: an event of it has another id by now, and other draws.
 */
export type Anew = 'overtaken' | 'cap_reached' | 'crowded_out' | 'renamed'

const mostCapsReached = 5

const origins = new WeakMap<Item, Item>()
const origin = (item: Item): Item => origins.get(item) ?? item
/** Under another event id than the one they were decided under: their draws are those of another event. */
const renamed = new WeakSet<Item>()

function withNewCase(item: Decided): Decided {
  const caseId = item.pod.newCaseId(item.recordedAt, item.ids.bits24())
  const named = {
    caseId,
    subject: item.subject === item.caseId ? caseId : item.subject,
    eventId: item.eventId === item.caseId ? caseId : item.eventId,
  }
  const under: Decided = {
    ...item,
    ...named,
    ...(item.beside === undefined ? {} : { beside: item.beside.map(one => ({ ...one, ...named })) }),
  }
  origins.set(under, origin(item))
  if (under.eventId !== item.eventId || renamed.has(item)) renamed.add(under)
  return under
}

/** Ids that we made for two cases of one batch may meet: all share their millisecond, and 24 random bits are few. */
function apart(items: readonly Item[]): readonly Item[] {
  const seen = new Set<string>()
  return items.map(item => {
    if (!isDecided(item)) return item
    let mine = item
    while (mine.ownCaseId && seen.has(keyOf(mine.raw.tenant, mine.caseId))) mine = withNewCase(mine)
    seen.add(keyOf(mine.raw.tenant, mine.caseId))
    return mine
  })
}

/** @returns the items that were not written; null after a clash of case ids, a word after a change (then nothing was). */
async function writeOnce(
  items: readonly Item[],
  recorder: Recorder,
  attempt: number,
): Promise<readonly Item[] | null | 'overtaken' | 'cap_reached'> {
  try {
    const refused = await recorder.write(toBatch(items, recorder))
    return refused.size === 0 ? [] : items.filter(item => refused.has(keyOf(item.raw.tenant, item.eventId)))
  } catch (error) {
    if (error instanceof CapReached) return 'cap_reached'
    if (error instanceof CaseIdClash && attempt < 5) return null
    if (error instanceof Overtaken && attempt < 5) return 'overtaken'
    throw error
  }
}
