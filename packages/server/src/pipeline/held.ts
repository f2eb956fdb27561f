import { type EventResult, groupId, type StateKind } from '@surety/contract'
import { EventFailed, isOutage, mayBeOfOne } from '../errors.ts'
import type { HeldCaseRow } from '../store/cases.ts'
import { inHalves } from '../store/in-halves.ts'
import type { HeldOnceAct } from '../store/once-acts.ts'
import { fitting, type HeldWrites, type Recalled } from '../store/state-batch.ts'
import { LocksHeld } from '../store/write-errors.ts'
import { attach } from './attach/attach.ts'
import { type BookedCase, CaseBook } from './attach/case-book.ts'
import { type OnceAct, OnceBook } from './attach/once-book.ts'
import { decider } from './decide/decide.ts'
import { judge } from './detect/judge.ts'
import { NotHeld, NotRead } from './detect/memory.ts'
import { enrich } from './enrich.ts'
import { features, schemaOf } from './features.ts'
import { interval } from './interval/interval.ts'
import {
  type Arrived,
  type Decided,
  type Judged,
  type Rejected,
  type Snapshot,
  type Stateful,
  spokenOf,
} from './item.ts'
import { type Known, named, notJudged, withCases } from './name-groups.ts'
import { type NowDeps, withoutRoom } from './now-deps.ts'
import { type AskedBeside, heldOf, type Recall, recallOf, referenceOf } from './recall/recall.ts'
import { idEnds, keyAhead, keyOf, touchOf } from './record/batch.ts'
import { apart, calledAsItsCase, casesOfOthers, withNewCase } from './record/case-ids.ts'
import { type Ended, type Walked, writesOf } from './record/held-rows.ts'
import { CapReached, CaseIdClash } from './record/recorder.ts'
import { eventResultOf, repeatedResults, repeatWithin, splitRepeats } from './record/results.ts'
import { score } from './score.ts'

/** What became of the events of one tenant and pod, each with the result of its sender. */
export interface HeldResult {
  readonly item: Arrived | Ended
  readonly result: EventResult
}

const mostTries = 8
/** After so many times whatever has a cap is asked. */
const mostCapsReached = 5

/**
 * The line for events that name groups, of one tenant and pod: recalled, measured, asked and recorded while their groups are
 * held. As many as name 256 groups at most go together; where others hold those for long, half of them. What belongs to a case that
 * is not there yet comes after the others, which may open it.
 * @returns one a event, in order. @throws where nothing of it was written and others hold nothing
 */
export async function held(items: readonly Stateful[], deps: NowDeps): Promise<readonly HeldResult[]> {
  const { unique, repeats } = splitRepeats(items)
  const done = new Map<Stateful, HeldResult>()
  const first = await withCases(unique, deps)
  await recordAll(first.known, done, deps)
  const second = await withCases(first.homeless, deps)
  await recordAll(second.known, done, deps)
  // Its case may have been there once: retention takes an alert away, and an id that was answered stays known.
  const before = await resultsOfRepeated(
    second.homeless.map(([, item]) => item),
    deps.recorder,
  )
  for (const [origin, item] of second.homeless) done.set(origin, { item, result: before.get(item)! })
  for (const [origin, item, result] of [...first.refused, ...second.refused]) done.set(origin, { item, result })
  return items.map(item => {
    const first = repeats.get(item)
    const ended = done.get(first ?? item)
    if (ended === undefined) throw new Error('an event left the line without a result')
    return first === undefined ? ended : { item, result: repeatWithin(item, first, ended.result) }
  })
}

async function recordAll(items: readonly Known[], done: Map<Stateful, HeldResult>, deps: NowDeps): Promise<void> {
  for (let rest = items; rest.length > 0; ) {
    const count = fitting(rest.map(([, { named }]) => named.map(groupId)))
    const halved = await inHalves(rest.slice(0, count), part => recordUnlessRefused(part, deps), isOfOne)
    for (const part of halved.parts) for (const [item, result] of part.done) done.set(item, result)
    rest = rest.slice(count)
    if (halved.rest === null) continue
    const { error } = halved.rest
    const overloaded = error instanceof LocksHeld
    if (done.size === 0 && !overloaded) throw error
    deps.failed?.(error)
    const code = overloaded ? 'overloaded' : 'storage_unavailable'
    for (const [origin, item] of [...halved.rest.items, ...rest])
      done.set(origin, { item, result: { status: 'rejected', code } })
    return
  }
}

/** One of several events may be at fault, and nothing of them is written. */
const isOfOne = (error: unknown): boolean =>
  mayBeOfOne(error) && !(error instanceof LocksHeld || error instanceof Untold)

/** An event that cannot be written is refused alone, and not tried for ever before all that come after it. */
async function recordUnlessRefused(known: readonly Known[], deps: NowDeps): Promise<ReadonlyMap<Stateful, HeldResult>> {
  try {
    return await recordHeld(known, deps)
  } catch (error) {
    const [[origin, item], ...others] = known as readonly [Known, ...Known[]]
    if (others.length > 0 || !isOfOne(error)) throw error
    deps.failed?.(new EventFailed('record', item.raw, error))
    return new Map([[origin, { item, result: notJudged(item.pod) }]])
  }
}

/** One batch, walked again until what the process knows is what it holds. */
async function recordHeld(known: readonly Known[], deps: NowDeps): Promise<ReadonlyMap<Stateful, HeldResult>> {
  const given = known.map(([origin]) => origin)
  const { pod, raw } = given[0]!
  const { recorder } = deps
  let items: readonly Stateful[] = known.map(([, item]) => item)
  /** By id, events that leave the batch: their case, named by their sender, is that of another event, or their groups have no name any more. */
  const out = new Map<string, Rejected>()
  let capsReached = 0
  for (let attempt = 0; ; attempt++) {
    if (attempt - Math.min(capsReached, mostCapsReached) === mostTries)
      throw new LocksHeld('what the process knows stays behind what it holds')
    items = apart(items)
    const going = items.filter(({ eventId }) => !out.has(eventId))
    if (going.length === 0) return await resultsOf(given, items, { items: [], refused: new Map() }, out, deps)
    const whole = readWhole(pod)
    const recall = recallOf(going, going.map(keyAhead), whole)
    const crowded = capsReached >= mostCapsReached
    let renew = true
    try {
      const walked = await recorder.writeHeld(recall.plan, schemasOf(going), recalled => {
        const fresh = going.filter(({ eventId }) => recalled.fresh.has(eventId))
        if (going.some(item => calledAsItsCase(item) && !recalled.fresh.has(item.eventId))) throw new CaseIdClash()
        const snapshot = deps.snapshot()
        if (isBehind(fresh, snapshot, recalled)) return 'again'
        try {
          return walk(fresh, recall, recalled, crowded ? withoutRoom(snapshot) : snapshot, deps)
        } catch (error) {
          if (error instanceof NotRead) {
            whole.add(error.kind)
            renew = false
            return 'again'
          }
          if (error instanceof NotHeld) return 'again'
          throw error
        }
      })
      if (walked !== 'again') return await resultsOf(given, items, walked, out, deps)
    } catch (error) {
      if (error instanceof CaseIdClash) {
        const opening = going.filter(({ decisionId }) => decisionId !== null)
        for (const { eventId } of await casesOfOthers(opening, recorder))
          out.set(eventId, { status: 'rejected', code: 'case_exists' })
        items = items.map(item => withNewCase(item))
        continue
      }
      if (!(error instanceof CapReached)) throw error
      capsReached++
    }
    if (!renew) continue
    await deps.renew(new Set([raw.tenant]))
    const anew = deps.snapshot()
    items = items.map(item => {
      const again = out.has(item.eventId) ? item : named(item, anew, deps)
      if (!('status' in again)) return again
      out.set(item.eventId, again)
      return item
    })
  }
}

/** Kinds of state that are read whole, because buckets of them follow from what is found: learned as it happens. */
const wholes = new WeakMap<object, Set<StateKind>>()
function readWhole(pod: object): Set<StateKind> {
  const known = wholes.get(pod) ?? new Set<StateKind>()
  wholes.set(pod, known)
  return known
}

/** Something of it has changed that the process has not read yet: it must not be decided under what was. */
function isBehind(items: readonly Stateful[], snapshot: Snapshot, recalled: Recalled<AskedBeside>): boolean {
  const [first] = items
  if (first === undefined) return false
  const { pod, raw } = first
  if (pod.questions.some(question => snapshot.autonomy(raw.tenant, question).epoch < recalled.epoch)) return true
  const known = snapshot.referenceChange(raw.tenant, pod)
  const { reference } = recalled.asked
  return reference !== null && known !== null && known < reference.change
}

/** Judged one after another, then asked together. Pure. */
function walk(
  items: readonly Stateful[],
  recall: Recall,
  recalled: Recalled<AskedBeside>,
  snapshot: Snapshot,
  deps: NowDeps,
): HeldWrites<Walked> {
  const refused = new Map<Stateful, unknown>()
  for (;;) {
    const left = items.filter(item => !refused.has(item))
    const judgement = judge(left, heldOf(recalled, recall), referenceOf(recalled, recall))
    for (const [item, error] of judgement.refused) refused.set(item, error)
    const answered = ask(judgement.judged, recalled.asked, snapshot)
    if (!('failed' in answered)) {
      const { items, book, onces } = answered
      return writesOf(items, book, onces, judgement.memory, refused, deps.recorder)
    }
    // What it left is seen by those after it: they are judged anew.
    const failed = left.find(({ eventId }) => eventId === answered.failed.eventId)!
    refused.set(failed, answered.error)
  }
}

/** What all events came to, and the cases that their decisions hang on. */
interface AllAnswered {
  readonly items: readonly Ended[]
  readonly book: CaseBook
  /** What they did that is done once only. */
  readonly onces: OnceBook
}
type Answered = AllAnswered | { readonly failed: Judged; readonly error: unknown }

/** The questions of all events at once; where one throws, event by event until it is found. */
function ask(judged: readonly Judged[], before: AskedBeside, snapshot: Snapshot): Answered {
  try {
    return answer(judged, before, snapshot)
  } catch (error) {
    for (const item of judged) {
      try {
        answer([item], before, snapshot)
      } catch (error) {
        return { failed: item, error }
      }
    }
    throw error
  }
}

function answer(judged: readonly Judged[], { cases, onceActs }: AskedBeside, snapshot: Snapshot): AllAnswered {
  const book = new CaseBook(cases.map(bookedOf))
  const asking = judged.filter(({ asks }) => asks.length > 0)
  const bounded = interval(score(features(enrich(asking, snapshot)), snapshot), snapshot)
  const onces = new OnceBook(onceActs.map(doneOnce))
  const decideNext = decider(snapshot, onces)
  let next = 0
  const items = judged.map((item): Ended => {
    const { asks, event, caseId, occurredAt, recordedAt } = item
    if (caseId !== null && touchOf(item) !== null) book.touch(caseId)
    if (event.outcome !== undefined && event.outcome.label !== null && caseId !== null)
      for (const question of spokenOf(item)) book.settle(caseId, recordedAt.getTime(), question)
    if (event.outcome !== undefined && caseId !== null)
      for (const question of spokenOf(item)) onces.told(caseId, question, event.outcome.label, occurredAt.getTime())
    if (asks.length === 0) return item
    const decided = decideNext(bounded.slice(next, next + asks.length)) as readonly (Judged & Decided)[]
    next += asks.length
    const attached = attach(decided, book)
    onces.take(attached)
    const [first, ...beside] = attached
    return beside.length === 0 ? first! : { ...first!, beside }
  })
  return { items, book, onces }
}

const doneOnce = ({ at, toldAt, ...row }: HeldOnceAct): OnceAct => ({
  ...row,
  at: at.getTime(),
  toldAt: toldAt?.getTime() ?? null,
})

const bookedOf = ({
  caseId,
  firstSeen,
  lastSeen,
  joinsUntil,
  clockFrom,
  openedAt,
  closedAt,
  ...row
}: HeldCaseRow): BookedCase => ({
  ...row,
  id: caseId,
  firstSeen: firstSeen.getTime(),
  lastSeen: lastSeen.getTime(),
  joinsUntil: joinsUntil?.getTime() ?? null,
  clockFrom: clockFrom.getTime(),
  openedAt: openedAt.getTime(),
  closedAt: closedAt?.getTime() ?? null,
})

/** A batch was written, and what its senders are told could not be found out: nothing of it is written again. */
class Untold extends Error {}

async function resultsOf(...of: Parameters<typeof resultsOfAll>): ReturnType<typeof resultsOfAll> {
  try {
    return await resultsOfAll(...of)
  } catch (error) {
    throw isOutage(error) ? error : new Untold('a batch was written and could not be answered', { cause: error })
  }
}

async function resultsOfAll(
  given: readonly Stateful[],
  items: readonly Stateful[],
  walked: Walked,
  out: ReadonlyMap<string, Rejected>,
  { recorder, failed }: NowDeps,
): Promise<ReadonlyMap<Stateful, HeldResult>> {
  const ended = new Map(walked.items.map(item => [item.eventId, item]))
  for (const [{ raw }, error] of walked.refused) failed?.(new EventFailed('detect', raw, error))
  const refused = new Set([...walked.refused.keys()].map(({ eventId }) => eventId))
  const repeated = items.filter(({ eventId }) => !ended.has(eventId) && !refused.has(eventId) && !out.has(eventId))
  const before = await resultsOfRepeated(repeated, recorder)
  const results = new Map<Stateful, HeldResult>()
  for (const [index, item] of items.entries()) {
    const { eventId } = item
    const done = ended.get(eventId)
    const result: EventResult =
      done !== undefined
        ? eventResultOf(done)
        : refused.has(eventId)
          ? notJudged(item.pod)
          : (out.get(eventId) ?? before.get(item)!)
    results.set(given[index]!, { item: done ?? item, result })
  }
  return results
}

/** What their senders are told; of an event that is not known its case is not there. */
async function resultsOfRepeated(
  items: readonly Stateful[],
  recorder: NowDeps['recorder'],
): Promise<ReadonlyMap<Stateful, EventResult>> {
  const first = await recorder.first(
    items.map(({ raw, eventId, kind }) => ({ tenant: raw.tenant, eventId, ends: idEnds(kind) })),
  )
  const results = await repeatedResults(
    items.map(item => ({ item, first: first.get(keyOf(item.raw.tenant, item.eventId)) })),
    recorder,
  )
  return new Map(items.map((item, place) => [item, results[place]!]))
}

const schemasOf = (items: readonly Stateful[]) =>
  items.flatMap(({ questions, settings, raw, pod, recordedAt }) =>
    questions.map(question => ({
      tenant: raw.tenant,
      pod: pod.name,
      schemaHash: schemaOf(question, settings).hash,
      recordedAt,
    })),
  )
