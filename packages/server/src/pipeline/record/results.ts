import { type EventResult, mainQuestion } from '@surety/contract'
import type { RecordedEvent } from '../../store/decisions.ts'
import { allOf } from '../item.ts'
import { decisionOf, hangs, type Item, isDecided, keyOf } from './batch.ts'
import type { FirstAnswer, Recorder } from './recorder.ts'

/** Items of one batch that carry the same event id: only the first is written. What has no id of its sender is told apart. */
export function splitRepeats<I extends Item>(
  items: readonly I[],
  origin: (item: I) => I = item => item,
): { unique: readonly I[]; repeats: ReadonlyMap<I, I> } {
  const seen = new Map<string, I>()
  const repeats = new Map<I, I>()
  const unique: I[] = []
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

/** An event whose id was there, with what is remembered of it; undefined: nothing, because it was refused for its case. */
export interface Repeated {
  readonly item: Item
  readonly first: FirstAnswer | undefined
}
type Same = Repeated & { readonly first: FirstAnswer }

/** What senders of repeated events are told, in their order: what is known of all of them is read at once. */
export async function repeatedResults(
  repeated: readonly Repeated[],
  recorder: Pick<Recorder, 'decisions' | 'findings'>,
): Promise<readonly EventResult[]> {
  const same = repeated.filter((one): one is Same => one.first !== undefined && isRepeated(one.item, one.first))
  const decisions = await lookUp(same.filter(wasAsked), recorder.decisions)
  const findings = await lookUp(
    same.filter(({ item }) => looksAt(item)),
    recorder.findings,
  )
  return repeated.map(one => {
    const { item, first } = one
    if (first === undefined) return { status: 'rejected', code: 'case_not_found' }
    if (!isRepeated(item, first)) return { status: 'rejected', code: 'event_id_conflict' }
    // What is remembered of an id with an end is not its case: the event itself names it.
    const caseId = first.kind === null ? item.caseId : first.caseId
    const { recordedAt } = first
    const result = told(item, { status: 'duplicate', caseId, recordedAt, decisions: decisions.get(one) ?? [] })
    return looksAt(item) ? { ...result, findings: findings.get(one) ?? [] } : result
  })
}

const wasAsked = ({ item, first }: Same): boolean =>
  first.decisionId !== null || item.questions.some(question => question.hangs !== undefined)

async function lookUp<Found>(
  of: readonly Same[],
  read: (events: readonly RecordedEvent[]) => Promise<readonly Found[]>,
): Promise<ReadonlyMap<Repeated, Found>> {
  if (of.length === 0) return new Map()
  const found = await read(
    of.map(({ item: { raw, pod }, first: { eventId, recordedAt } }) => {
      return { tenant: raw.tenant, pod: pod.name, eventId, recordedAt }
    }),
  )
  return new Map(of.map((one, place) => [one, found[place]!]))
}

/** Rules stand on its kind. */
const looksAt = ({ pod, raw }: Item): boolean =>
  pod.detectors.some(({ on }) => on.some(({ name }) => name === raw.kind))

const isRepeated = (item: Item, { kind, payloadHash }: FirstAnswer): boolean =>
  (kind === null || kind === item.raw.kind) && item.payloadHash.subarray(0, payloadHash.length).equals(payloadHash)

type Told = Exclude<EventResult, { status: 'rejected' }>

/** What the sender is told: of the event itself the same for the first and for a repeated one. */
function told(
  item: Item,
  { status, caseId, recordedAt, decisions }: Pick<Told, 'status' | 'caseId' | 'recordedAt' | 'decisions'>,
): Told {
  const { outcome, message, ignored } = item.event
  const result: Told = {
    status,
    kind: item.raw.kind,
    eventId: item.eventId,
    caseId,
    recordedAt,
    decisions,
    decision: decisions.find(({ question }) => question === mainQuestion) ?? null,
    outcome: outcome === undefined ? null : { outcome: outcome.outcome, label: outcome.label },
    ignored,
    phoneValid: item.phoneValid,
  }
  if (message === undefined) return result
  const { role, text } = message
  const ts = (message.ts ?? item.occurredAt).toISOString()
  return { ...result, message: { ts, role, text, pii: text === '' ? {} : (item.pii ?? {}) } }
}

export function repeatWithin(item: Item, first: Item, eventResult: EventResult): EventResult {
  if (eventResult.status === 'rejected') return eventResult
  if (first.raw.kind !== item.raw.kind || !first.payloadHash.equals(item.payloadHash))
    return { status: 'rejected', code: 'event_id_conflict' }
  return { ...eventResult, status: 'duplicate' }
}

export function eventResultOf(item: Item): EventResult {
  const decisions = isDecided(item) ? allOf(item).map(decisionOf) : []
  const { recordedAt } = item
  // Cases with a life of their own stand beside each decision: the event is of none.
  const caseId = hangs(item) ? null : item.caseId
  const result = told(item, { status: 'recorded', caseId, recordedAt, decisions })
  if (!('evaluations' in item && looksAt(item))) return result
  return { ...result, findings: item.evaluations.filter(({ fired }) => fired) }
}
