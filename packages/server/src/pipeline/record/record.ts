import type { EventResult } from '@surety/contract'
import type { Decided } from '../item.ts'
import { type Item, idEnds, isDecided, keyOf, toBatch } from './batch.ts'
import { casesOfOthers } from './case-ids.ts'
import { CapReached, CaseIdClash, Overtaken, type Recorder } from './recorder.ts'
import { eventResultOf, type Repeated, repeatedResults, repeatWithin, splitRepeats } from './results.ts'

/**
 * One transaction for the whole batch, then one event result per item. An id seen before answers with the first decision; the
 * same id with another payload is a conflict; a case id of ours that was taken is made anew, decided anew where the event
 * has it too, and written again. What belongs to a case that is not there is tried once more when the batches `earlier` under
 * way have ended.
 * @param redecide decides the items anew under what the machine may do now, in the same order
 */
export async function record(
  items: readonly Item[],
  recorder: Recorder,
  earlier: Promise<unknown> | null,
  redecide: (items: readonly Item[], why: Anew) => Promise<readonly Item[]>,
): Promise<readonly EventResult[]> {
  const { unique, repeats } = splitRepeats(apart(items), origin)
  const eventResults = new Map<Item, EventResult>()
  let waiting = unique
  let before = earlier
  let capsReached = 0
  const decideAnew = async (why: Anew): Promise<void> => {
    const anew = await redecide(waiting, why)
    for (const [i, item] of waiting.entries()) origins.set(anew[i]!, origin(item))
    waiting = anew
  }
  for (let attempt = 0; waiting.length > 0; attempt++) {
    if (waiting.some(item => renamed.has(item))) await decideAnew('renamed')
    const refused = await writeOnce(waiting, recorder, attempt - capsReached)
    if (refused === 'overtaken' || refused === 'cap_reached') {
      if (refused === 'cap_reached') capsReached++
      await decideAnew(capsReached >= mostCapsReached ? 'crowded_out' : refused)
      continue
    }
    if (refused === null) {
      const taken = await casesOfOthers(waiting.filter(isDecided), recorder)
      for (const item of taken) eventResults.set(origin(item), { status: 'rejected', code: 'case_exists' })
      const kept = waiting.filter(item => !isDecided(item) || !taken.has(item))
      waiting = apart(kept.map(item => (isDecided(item) && item.ownCaseId ? withNewCase(item) : item)))
      continue
    }
    const again: Item[] = []
    const homeless: Item[] = []
    const known = await recorder.first(
      refused.map(item => ({ tenant: item.raw.tenant, eventId: item.eventId, ends: idEnds(item.kind) })),
    )
    const repeated: Repeated[] = []
    for (const item of waiting) {
      if (!refused.includes(item)) eventResults.set(origin(item), eventResultOf(item))
      else if (isDecided(item) && item.ownCaseId && item.raw.eventId === undefined) again.push(withNewCase(item))
      else {
        const first = known.get(keyOf(item.raw.tenant, item.eventId))
        if (first === undefined && before !== null) homeless.push(item)
        else repeated.push({ item, first })
      }
    }
    for (const [place, result] of (await repeatedResults(repeated, recorder)).entries())
      eventResults.set(origin(repeated[place]!.item), result)
    // Its case may be on its way: one request of many events is more than one batch, and two are under way at once.
    if (homeless.length > 0) await before
    before = null
    waiting = apart([...again, ...homeless])
  }
  return items.map(item => {
    const first = repeats.get(item)
    const eventResult = eventResults.get(first ?? item)
    if (eventResult === undefined) throw new Error('an item left the stage `record` without an event result')
    return first === undefined ? eventResult : repeatWithin(item, first, eventResult)
  })
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
