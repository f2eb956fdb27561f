import type { Decision, Fate, Pod } from '@surety/contract'
import type { FirstAnswer } from '../store/first-answers.ts'
import type { Batch, DecisionRow, EventRow, KeyRow, MessageRow, OutcomeRow } from '../store/record-batch.ts'
import { searchVector } from '../store/search-words.ts'
import type { Arrived, Decided, Ids } from './item.ts'

/** What `record` needs of the store: one write that is one transaction, and the first answers of ids seen before. */
export interface Recorder {
  /** Commits the batch and answers the keys that were not new (or whose case does not exist). */
  write(batch: Batch): Promise<ReadonlySet<string>>
  /** Which event opened each of these cases, by `tenant\ncase`; cases that nobody opened are left out. */
  openings(cases: readonly { tenant: string; caseId: string }[]): Promise<ReadonlyMap<string, string>>
  /** Throws nothing of its own; empty for ids that do not exist. */
  first(keys: readonly { tenant: string; eventId: string }[]): Promise<ReadonlyMap<string, FirstAnswer>>
  decision(tenant: string, pod: string, caseId: string, recordedAt: Date): Promise<Decision | null>
  seal(item: Arrived): Buffer | null
  monotonicMs(): number
  /** True in a replay: it opened the cases itself, some of them in a batch that is still under way. */
  readonly casesExist?: boolean
}

/** A case id was taken already: the write was rolled back and must be done again, with another id where it was ours. */
export class CaseIdClash extends Error {}

/** As long as the column can say: 36 minutes, which only a database that stood still brings about. */
const longestUs = 2 ** 31 - 1

export const keyOf = (tenant: string, eventId: string): string => `${tenant}\n${eventId}`

type Item = Arrived | Decided
const isDecided = (item: Item): item is Decided => 'verdict' in item

/**
 * One transaction for the whole batch, then one fate per item. An id seen before answers with the first decision; the
 * same id with another payload is a conflict; a case id of ours that was taken is made anew and written again. What
 * belongs to a case that is not there is tried once more when the batches `earlier` under way have ended.
 */
export async function record(
  items: readonly Item[],
  recorder: Recorder,
  ids: Ids,
  earlier: Promise<unknown> | null = null,
): Promise<readonly Fate[]> {
  const { unique, repeats } = splitRepeats(apart(items, ids))
  const fates = new Map<Item, Fate>()
  let waiting = unique
  let before = earlier
  for (let attempt = 0; waiting.length > 0; attempt++) {
    const refused = await writeOnce(waiting, recorder, attempt)
    if (refused === null) {
      const taken = await casesOfOthers(waiting, recorder)
      for (const item of taken) fates.set(origin(item), { status: 'rejected', code: 'case_exists' })
      const kept = waiting.filter(item => !taken.has(item))
      waiting = apart(
        kept.map(item => (isDecided(item) && item.ownCaseId ? withNewCase(item, ids) : item)),
        ids,
      )
      continue
    }
    const again: Item[] = []
    const homeless: Item[] = []
    const known = await recorder.first(refused.map(item => ({ tenant: item.raw.tenant, eventId: item.eventId })))
    for (const item of waiting) {
      if (!refused.includes(item)) fates.set(origin(item), fateOf(item))
      else if (isDecided(item) && item.ownCaseId && item.raw.eventId === undefined) again.push(withNewCase(item, ids))
      else {
        const first = known.get(keyOf(item.raw.tenant, item.eventId))
        if (first === undefined && before !== null) homeless.push(item)
        else fates.set(origin(item), await repeatFate(item, first, recorder))
      }
    }
    // Its case may be on its way: one request of many events is more than one batch, and two are under way at once.
    if (homeless.length > 0) await before
    before = null
    waiting = apart([...again, ...homeless], ids)
  }
  return items.map(item => {
    const first = repeats.get(item)
    const fate = fates.get(first ?? item)
    if (fate === undefined) throw new Error('an item left the record room without a fate')
    return first === undefined ? fate : repeatWithin(item, first, fate)
  })
}

const origins = new WeakMap<Item, Item>()
const origin = (item: Item): Item => origins.get(item) ?? item

function withNewCase(item: Decided, ids: Ids): Decided {
  const caseId = item.pod.newCaseId(item.recordedAt, ids.bits24())
  const renamed: Decided = {
    ...item,
    caseId,
    subject: item.subject === item.caseId ? caseId : item.subject,
    eventId: item.eventId === item.caseId ? caseId : item.eventId,
  }
  origins.set(renamed, origin(item))
  return renamed
}

/** Ids that we made for two cases of one batch may meet: all share their millisecond, and 24 random bits are few. */
function apart(items: readonly Item[], ids: Ids): readonly Item[] {
  const seen = new Set<string>()
  return items.map(item => {
    if (!isDecided(item)) return item
    let mine = item
    while (mine.ownCaseId && seen.has(keyOf(mine.raw.tenant, mine.caseId))) mine = withNewCase(mine, ids)
    seen.add(keyOf(mine.raw.tenant, mine.caseId))
    return mine
  })
}

/** Items of one batch that carry the same event id: only the first is written. */
function splitRepeats(items: readonly Item[]): { unique: readonly Item[]; repeats: ReadonlyMap<Item, Item> } {
  const seen = new Map<string, Item>()
  const repeats = new Map<Item, Item>()
  const unique: Item[] = []
  for (const item of items) {
    const key = keyOf(item.raw.tenant, item.eventId)
    const first = seen.get(key)
    if (first === undefined || item.raw.eventId === undefined) {
      seen.set(key, item)
      unique.push(item)
    } else repeats.set(origin(item), origin(first))
  }
  return { unique, repeats }
}

/** After a clash: the items whose case, named by their sender, was opened by another event, here or earlier in the batch. */
async function casesOfOthers(items: readonly Item[], recorder: Recorder): Promise<ReadonlySet<Item>> {
  const named = items.filter(item => isDecided(item) && !item.ownCaseId)
  const opened = new Map(await recorder.openings(named.map(item => ({ tenant: item.raw.tenant, caseId: item.caseId }))))
  const others = new Set<Item>()
  for (const item of named) {
    const key = keyOf(item.raw.tenant, item.caseId)
    const opener = opened.get(key)
    if (opener === undefined) opened.set(key, item.eventId)
    else if (opener !== item.eventId) others.add(item)
  }
  return others
}

/** @returns the items that were not written, or null after a clash of case ids (then nothing was written). */
async function writeOnce(items: readonly Item[], recorder: Recorder, attempt: number): Promise<readonly Item[] | null> {
  try {
    const refused = await recorder.write(toBatch(items, recorder))
    return refused.size === 0 ? [] : items.filter(item => refused.has(keyOf(item.raw.tenant, item.eventId)))
  } catch (error) {
    if (error instanceof CaseIdClash && attempt < 5) return null
    throw error
  }
}

async function repeatFate(item: Item, first: FirstAnswer | undefined, recorder: Recorder): Promise<Fate> {
  if (first === undefined) return { status: 'rejected', code: 'case_not_found' }
  if (first.kind !== item.raw.kind || !first.payloadHash.equals(item.payloadHash))
    return { status: 'rejected', code: 'event_id_conflict' }
  const decision =
    first.decisionId === null
      ? null
      : await recorder.decision(item.raw.tenant, item.pod.name, first.caseId, first.recordedAt)
  return {
    status: 'duplicate',
    kind: item.raw.kind,
    eventId: item.eventId,
    caseId: first.caseId,
    recordedAt: first.recordedAt,
    decision,
    ...tellBack(item),
  }
}

/** What the sender is told of the event itself, the same for the first and for a repeated one. */
function tellBack(item: Item) {
  const { outcome, message, ignored } = item.event
  return {
    outcome: outcome === undefined ? null : { outcome: outcome.outcome, label: outcome.label },
    ignored,
    phoneValid: item.phoneValid,
    ...(message
      ? {
          message: {
            ts: (message.ts ?? item.occurredAt).toISOString(),
            role: message.role,
            text: message.text,
            pii: item.pii ?? {},
          },
        }
      : {}),
  }
}

function repeatWithin(item: Item, first: Item, fate: Fate): Fate {
  if (fate.status === 'rejected') return fate
  if (first.raw.kind !== item.raw.kind || !first.payloadHash.equals(item.payloadHash))
    return { status: 'rejected', code: 'event_id_conflict' }
  return { ...fate, status: 'duplicate' }
}

function fateOf(item: Item): Fate {
  return {
    status: 'recorded',
    kind: item.raw.kind,
    eventId: item.eventId,
    caseId: item.caseId,
    recordedAt: item.recordedAt,
    decision: isDecided(item) ? decisionOf(item) : null,
    ...tellBack(item),
  }
}

function decisionOf(item: Decided): Decision {
  const { decisionId, ...verdict } = item.verdict
  return {
    id: decisionId,
    tenant: item.raw.tenant,
    pod: item.pod.name,
    caseId: item.caseId,
    subject: item.subject,
    eventId: item.eventId,
    occurredAt: item.occurredAt,
    recordedAt: item.recordedAt,
    schemaHash: item.schema.hash,
    features: item.features,
    enrichment: item.enrichment,
    score: item.score,
    interval: item.interval,
    ...verdict,
  }
}

/** Rows of each table; a case opened in this batch need not be looked up by the answers in it. */
function toBatch(items: readonly Item[], recorder: Recorder): Batch {
  const opened = new Set<string>()
  for (const item of items) if (isDecided(item)) opened.add(`${item.pod.name}\n${keyOf(item.raw.tenant, item.caseId)}`)
  const keys: KeyRow[] = []
  const events: EventRow[] = []
  const decisions: DecisionRow[] = []
  const outcomes: OutcomeRow[] = []
  const messages: MessageRow[] = []
  const touches: { tenant: string; caseId: string; reason: string; at: Date }[] = []
  const touched = new Set<string>()
  const endedMs = recorder.monotonicMs()
  for (const item of items) {
    const belongs = !recorder.casesExist && (item.kind.role === 'answers' || item.kind.role === 'message')
    const needsCase = belongs && !opened.has(`${item.pod.name}\n${keyOf(item.raw.tenant, item.caseId)}`)
    keys.push(keyRow(item, needsCase ? askingKinds(item.pod) : null))
    if (isDecided(item))
      decisions.push({
        ...decisionOf(item),
        latencyUs: Math.min(Math.round((endedMs - item.startedMs) * 1000), longestUs),
      })
    if (item.kind.role === 'answers') outcomes.push(outcomeRow(item))
    else if (item.kind.role === 'message') messages.push(messageRow(item))
    else events.push(eventRow(item, recorder))
    const reason = touchOf(item)
    if (reason === null || touched.has(keyOf(item.raw.tenant, item.caseId))) continue
    touched.add(keyOf(item.raw.tenant, item.caseId))
    touches.push({ tenant: item.raw.tenant, caseId: item.caseId, reason, at: item.recordedAt })
  }
  return { keys, events, decisions, outcomes, messages, touches }
}

/** A human touch cancels the machine: what a person or the customer did, and not what we said ourselves. */
function touchOf(item: Item): string | null {
  const role = item.event.message?.role
  if (role === 'user' || role === 'agent') return `message_${role}`
  // Imported history carries no touch: nothing automatic can be pending on it.
  if (item.event.outcome !== undefined && item.event.outcome.source === 'reported') return 'outcome'
  return null
}

const kindsOf = new WeakMap<Pod, string>()

function askingKinds(pod: Pod): string {
  const known = kindsOf.get(pod)
  if (known !== undefined) return known
  const kinds = Object.entries(pod.kinds).filter(([, kind]) => kind.role === 'asks')
  const text = kinds.map(([name]) => name).join(',')
  kindsOf.set(pod, text)
  return text
}

const keyRow = (item: Item, caseKinds: string | null): KeyRow => ({
  tenant: item.raw.tenant,
  eventId: item.eventId,
  caseId: item.caseId,
  kind: item.raw.kind,
  payloadHash: item.payloadHash,
  recordedAt: item.recordedAt,
  decisionId: isDecided(item) ? item.verdict.decisionId : null,
  caseKinds,
})

const eventRow = (item: Item, recorder: Recorder): EventRow => ({
  tenant: item.raw.tenant,
  eventId: item.eventId,
  pod: item.pod.name,
  kind: item.raw.kind,
  caseId: item.caseId,
  occurredAt: item.occurredAt,
  recordedAt: item.recordedAt,
  payload: JSON.stringify(
    item.phoneValid === false ? { ...item.event.payload, phone_valid: false } : item.event.payload,
  ),
  pii: item.pii === null ? null : JSON.stringify(item.pii),
  sealed: recorder.seal(item),
  search: searchVector(item.words),
})

function outcomeRow(item: Item): OutcomeRow {
  const outcome = item.event.outcome
  if (outcome === undefined) throw new Error(`the pod read an event of kind ${item.raw.kind} without an outcome`)
  return {
    tenant: item.raw.tenant,
    eventId: item.eventId,
    pod: item.pod.name,
    caseId: item.caseId,
    outcome: outcome.outcome,
    label: outcome.label,
    source: outcome.source,
    notes: outcome.notes ?? null,
    timeToConversion: outcome.timeToConversion ?? null,
    occurredAt: item.occurredAt,
    recordedAt: item.recordedAt,
  }
}

function messageRow(item: Item): MessageRow {
  const message = item.event.message
  if (message === undefined) throw new Error(`the pod read an event of kind ${item.raw.kind} without a message`)
  return {
    tenant: item.raw.tenant,
    eventId: item.eventId,
    pod: item.pod.name,
    caseId: item.caseId,
    role: message.role,
    text: message.text,
    pii: item.pii === null ? null : JSON.stringify(item.pii),
    channel: message.channel ?? null,
    ts: message.ts ?? item.occurredAt,
    recordedAt: item.recordedAt,
    search: searchVector(item.words),
  }
}
