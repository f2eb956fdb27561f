import { type EventResult, type FieldError, type GroupKey, groupId, type StateKind } from '@surety/contract'
import type { EvaluationRow } from '../store/evaluations.ts'
import type { HeldReference } from '../store/held-reference.ts'
import { inHalves } from '../store/in-halves.ts'
import { fitting, type HeldWrites, type Recalled } from '../store/state-batch.ts'
import { LocksHeld } from '../store/write-errors.ts'
import { decide } from './decide/decide.ts'
import { judge } from './detect/judge.ts'
import { type Memory, NotHeld, NotRead } from './detect/memory.ts'
import { enrich } from './enrich.ts'
import { features, schemaOf } from './features.ts'
import { interval } from './interval/interval.ts'
import {
  type Arrived,
  type Asking,
  type Decided,
  isLate,
  type Judged,
  type Rejected,
  type Snapshot,
  type Stateful,
} from './item.ts'
import { type NowDeps, withoutRoom } from './now-deps.ts'
import { heldOf, type Recall, recallOf, referenceOf } from './recall/recall.ts'
import { idEnds, keyAhead, keyOf, toBatch } from './record/batch.ts'
import { apart, calledAsItsCase, casesOfOthers, withNewCase } from './record/case-ids.ts'
import { quietTicks } from './record/quiet-ticks.ts'
import { CapReached, CaseIdClash } from './record/recorder.ts'
import { eventResultOf, repeatedResult, repeatWithin, splitRepeats } from './record/results.ts'
import { score } from './score.ts'

/** An event as it leaves the line: what it asked is answered. */
type Ended = Judged | (Judged & Decided)

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
 * held. As many as name 256 groups at most go together; where others hold those for long, half of them.
 * @returns one a event, in order. @throws where nothing of it was written and others hold nothing
 */
export async function held(items: readonly Stateful[], deps: NowDeps): Promise<readonly HeldResult[]> {
  const { unique, repeats } = splitRepeats(items)
  const done = new Map<Stateful, HeldResult>()
  for (let rest = unique; rest.length > 0; ) {
    const count = fitting(rest.map(({ named }) => named.map(groupId)))
    const halved = await inHalves(rest.slice(0, count), part => recordHeld(part, deps))
    for (const part of halved.parts) for (const [item, result] of part.done) done.set(item, result)
    rest = rest.slice(count)
    if (halved.rest === null) continue
    const { error } = halved.rest
    const overloaded = error instanceof LocksHeld
    if (done.size === 0 && !overloaded) throw error
    deps.failed?.(error)
    const code = overloaded ? 'overloaded' : 'storage_unavailable'
    for (const item of [...halved.rest.items, ...rest]) done.set(item, { item, result: { status: 'rejected', code } })
    break
  }
  return items.map(item => {
    const first = repeats.get(item)
    const ended = done.get(first ?? item)
    if (ended === undefined) throw new Error('an event left the line without a result')
    return first === undefined ? ended : { item, result: repeatWithin(item, first, ended.result) }
  })
}

/** What one batch came to under its locks. */
interface Walked {
  readonly items: readonly Ended[]
  readonly refused: ReadonlyMap<Stateful, unknown>
}

/** One batch, walked again until what the process knows is what it holds. */
async function recordHeld(given: readonly Stateful[], deps: NowDeps): Promise<ReadonlyMap<Stateful, HeldResult>> {
  const [{ pod, raw }] = given as readonly [Stateful, ...Stateful[]]
  const { recorder } = deps
  let items = given
  /** Ids of events whose case, named by their sender, is that of another event. */
  const taken = new Set<string>()
  let capsReached = 0
  for (let attempt = 0; ; attempt++) {
    if (attempt - Math.min(capsReached, mostCapsReached) === mostTries)
      throw new LocksHeld('what the process knows stays behind what it holds')
    items = apart(items, deps.ids)
    const going = items.filter(({ eventId }) => !taken.has(eventId))
    if (going.length === 0) return await resultsOf(given, items, { items: [], refused: new Map() }, taken, deps)
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
      if (walked !== 'again') return await resultsOf(given, items, walked, taken, deps)
    } catch (error) {
      if (error instanceof CaseIdClash) {
        const opening = going.filter(({ decisionId }) => decisionId !== null)
        for (const { eventId } of await casesOfOthers(opening, recorder)) taken.add(eventId)
        items = items.map(item => withNewCase(item, deps.ids))
        continue
      }
      if (!(error instanceof CapReached)) throw error
      capsReached++
    }
    if (!renew) continue
    await deps.renew(new Set([raw.tenant]))
    const anew = deps.snapshot()
    items = items.map(item => named(item, anew))
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
function isBehind(items: readonly Stateful[], snapshot: Snapshot, recalled: Recalled<HeldReference | null>): boolean {
  const [first] = items
  if (first === undefined) return false
  const { pod, raw } = first
  if (pod.questions.some(question => snapshot.autonomy(raw.tenant, question).epoch < recalled.epoch)) return true
  const known = snapshot.referenceChange(raw.tenant, pod)
  return recalled.asked !== null && known !== null && known < recalled.asked.change
}

/** Judged one after another, then asked together. Pure. */
function walk(
  items: readonly Stateful[],
  recall: Recall,
  recalled: Recalled<HeldReference | null>,
  snapshot: Snapshot,
  deps: NowDeps,
): HeldWrites<Walked> {
  const refused = new Map<Stateful, unknown>()
  for (;;) {
    const left = items.filter(item => !refused.has(item))
    const judgement = judge(left, heldOf(recalled, recall), referenceOf(recalled, recall))
    for (const [item, error] of judgement.refused) refused.set(item, error)
    const answered = ask(judgement.judged, snapshot, deps)
    if (!('failed' in answered)) return writesOf(answered.items, judgement.memory, refused, deps)
    // What it left is seen by those after it: they are judged anew.
    const failed = left.find(({ eventId }) => eventId === answered.failed.eventId)!
    refused.set(failed, answered.error)
  }
}

type Answered = { readonly items: readonly Ended[] } | { readonly failed: Judged; readonly error: unknown }

/** The questions of all events at once; where one throws, event by event until it is found. */
function ask(judged: readonly Judged[], snapshot: Snapshot, deps: NowDeps): Answered {
  try {
    return { items: answer(judged, snapshot, deps) }
  } catch (error) {
    for (const item of judged) {
      try {
        answer([item], snapshot, deps)
      } catch (error) {
        return { failed: item, error }
      }
    }
    throw error
  }
}

function answer(judged: readonly Judged[], snapshot: Snapshot, { ids }: NowDeps): readonly Ended[] {
  const asking = judged.filter((item): item is Judged & Asking => item.questions.length > 0 && item.caseId !== null)
  const decided = decide(
    interval(score(features(enrich(asking, snapshot)), snapshot), snapshot),
    snapshot,
    ids,
  ) as readonly (Judged & Decided)[]
  let next = 0
  return judged.map(item => {
    const asked = item.questions.length
    if (asked === 0) return item
    const [first, ...beside] = decided.slice(next, next + asked)
    next += asked
    return beside.length === 0 ? first! : { ...first!, beside }
  })
}

function writesOf(
  items: readonly Ended[],
  memory: Memory,
  refused: ReadonlyMap<Stateful, unknown>,
  { recorder }: NowDeps,
): HeldWrites<Walked> {
  const { groups, rows } = memory.left()
  const [first] = items
  const place = { tenant: first?.raw.tenant ?? '', pod: first?.pod.name ?? '' }
  const updatedAt = first?.recordedAt ?? new Date(0)
  const batch = toBatch(items, recorder)
  const quiet = quietTicks(items)
  return {
    // The epoch is held: nothing has to be compared as it is written.
    batch: { ...batch, events: quiet.heard(batch.events), epochs: [] },
    groups: groups.map(group => ({ ...place, ...group })),
    rows: rows.map(({ group, kind, bucket, text }) => ({ ...place, group, kind, bucket, value: text, updatedAt })),
    evaluations: quiet.heard(items).flatMap(evaluationRows),
    tickFolds: quiet.folds,
    refused: [...refused.keys()].map(({ eventId }) => eventId),
    done: { items, refused },
  }
}

function evaluationRows(item: Judged): readonly EvaluationRow[] {
  const { raw, pod, eventId, recordedAt, occurredAt } = item
  return [...item.evaluations, ...item.unknowns].map((of, place) => ({
    tenant: raw.tenant,
    pod: pod.name,
    eventId,
    place,
    recordedAt,
    occurredAt,
    family: 'why' in of ? (pod.detectors.find(({ code }) => code === of.code)?.family ?? '') : of.family,
    of,
  }))
}

async function resultsOf(
  given: readonly Stateful[],
  items: readonly Stateful[],
  walked: Walked,
  taken: ReadonlySet<string>,
  { recorder, failed }: NowDeps,
): Promise<ReadonlyMap<Stateful, HeldResult>> {
  const ended = new Map(walked.items.map(item => [item.eventId, item]))
  for (const error of walked.refused.values()) failed?.(error)
  const refused = new Set([...walked.refused.keys()].map(({ eventId }) => eventId))
  const repeated = items.filter(({ eventId }) => !ended.has(eventId) && !refused.has(eventId) && !taken.has(eventId))
  const known = await recorder.first(
    repeated.map(({ raw, eventId, kind }) => ({ tenant: raw.tenant, eventId, ends: idEnds(kind) })),
  )
  const results = new Map<Stateful, HeldResult>()
  for (const [index, item] of items.entries()) {
    const { eventId, raw } = item
    const done = ended.get(eventId)
    const result: EventResult =
      done !== undefined
        ? eventResultOf(done)
        : refused.has(eventId)
          ? notJudged(item)
          : taken.has(eventId)
            ? { status: 'rejected', code: 'case_exists' }
            : await repeatedResult(item, known.get(keyOf(raw.tenant, eventId)), recorder)
    results.set(given[index]!, { item: done ?? item, result })
  }
  return results
}

const notJudged = ({ pod }: Stateful): EventResult => ({
  status: 'rejected',
  code: 'internal',
  detail: `The pod ${pod.name} failed on this event; nothing of it was stored.`,
})

const schemasOf = (items: readonly Stateful[]) =>
  items.flatMap(({ questions, settings, raw, pod, recordedAt }) =>
    questions.map(question => ({
      tenant: raw.tenant,
      pod: pod.name,
      schemaHash: schemaOf(question, settings).hash,
      recordedAt,
    })),
  )

/** The same under what the process knows now of reference data. */
const named = (item: Stateful, snapshot: Snapshot): Stateful => ({ ...item, named: groupsOf(item, snapshot) })

/** @throws RangeError where a key cannot be one; Error where it names two groups of one name */
function groupsOf({ kind, event, pod, raw, occurredAt }: Arrived, snapshot: Snapshot): readonly GroupKey[] {
  const reference = snapshot.reference(raw.tenant, pod, occurredAt.getTime())
  const keys = (kind.groups?.(event.payload, reference) ?? []).filter(key => key !== null)
  if (new Set(keys.map(({ group }) => group.name)).size < keys.length)
    throw new RangeError('names two groups of one name')
  return keys
}

/** An event that names groups, or why it cannot be placed. */
export function stateful(item: Arrived, snapshot: Snapshot, { ids }: NowDeps): Stateful | Rejected {
  const { raw, eventId, event, occurredAt, recordedAt, questions } = item
  try {
    return {
      ...item,
      named: groupsOf(item, snapshot),
      decisionId: questions.length === 0 ? null : ids.uuid(recordedAt),
      seen: {
        kind: raw.kind,
        id: eventId,
        tenant: raw.tenant,
        at: occurredAt.getTime(),
        late: isLate(item),
        data: event.payload,
      },
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const errors: readonly FieldError[] = [{ path: 'data', code: 'invalid', message: error.message }]
    return { status: 'rejected', code: 'validation_failed', errors }
  }
}
