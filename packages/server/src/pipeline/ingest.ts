import {
  type Contact,
  canonical,
  isTickId,
  isWithinTime,
  type Json,
  type JsonObject,
  type Outcome,
  type OutcomeBySilence,
  ownMember,
  type Pod,
  type RawEvent,
  type ReadEvent,
  timeRange,
} from '@surety/contract'
import type { Arrival, Arrived, Ids, Rejected, Snapshot, WorkWatch } from './item.ts'

/** The redaction hook: everything that is written has passed through it. One per tenant. */
export interface TenantPrivacy {
  redact(text: string): { readonly text: string; readonly pii: { readonly [token: string]: string } }
  /** The words under which a contact is found, none of them readable, and whether the phone can be a real one. */
  readContact(contact: Contact): { readonly words: readonly string[]; readonly phoneValid: boolean | null }
  /** HMAC-SHA-256 under the tenant's key, as hexadecimal text. */
  hash(text: string): string
}

export interface IngestDeps {
  podOf(kind: string): Pod | undefined
  privacy(tenant: string): TenantPrivacy
  searchWords(text: string): readonly string[]
  readonly ids: Ids
  /** false: the text of a message is read and redacted, and nothing of it goes on to be written. */
  readonly keepsMessages?: boolean
  readonly watch?: WorkWatch
}

const nothing: Arrived['questions'] = []
const clockSkewMs = 5 * 60_000
const maxEventIdLength = 128

/**
 * Validates and redacts; nothing is written yet. Each raw event becomes an arrived one or its rejection, in order.
 * @param failed told of each on which the pod, or what reads it, failed; left out: it throws
 */
export function ingest(
  arrivals: readonly Arrival[],
  deps: IngestDeps,
  snapshot: Snapshot,
  failed?: (raw: RawEvent, error: unknown) => Rejected,
): readonly (Arrived | Rejected)[] {
  return arrivals.map((arrival, place) => {
    try {
      return ingestOne(arrival, place, deps, snapshot)
    } catch (error) {
      if (failed === undefined) throw error
      return failed(arrival.raw, error)
    }
  })
}

export function isRejected(item: Arrived | Rejected): item is Rejected {
  return 'status' in item
}

function ingestOne(arrival: Arrival, place: number, deps: IngestDeps, snapshot: Snapshot): Arrived | Rejected {
  const { raw, at: now, startedMs, ids = deps.ids } = arrival
  const pod = deps.podOf(raw.kind)
  const kind = pod === undefined ? undefined : ownMember(pod.kinds, raw.kind)
  if (pod === undefined || kind === undefined)
    return reject('unknown_kind', 'type', `no pod knows the event type ${shortened(raw, raw.kind, deps)}`)
  if (kind.madeHere === true && raw.tick !== true)
    return reject('unknown_kind', 'type', `${raw.kind} is a tick: the service makes those itself and takes none`)
  if (raw.eventId !== undefined && !validId(raw.eventId))
    return reject(
      'validation_failed',
      'event_id',
      `must have 1 to ${maxEventIdLength} characters, none of them a control character or half a surrogate pair`,
    )
  if (kind.rememberDays != null && raw.eventId !== undefined && raw.tick !== true && isTickId(raw.eventId))
    return reject('validation_failed', 'event_id', 'begins as the ids of ticks do, which the service makes itself')
  if (raw.occurredAt !== undefined && !isWithinTime(raw.occurredAt))
    return reject('validation_failed', 'occurred_at', timeRange)
  // The slot of a tick is by the clock of the database, whatever that of this process says.
  if (raw.occurredAt !== undefined && raw.tick !== true && raw.occurredAt.getTime() > now.getTime() + clockSkewMs)
    return reject('validation_failed', 'occurred_at', 'lies more than 5 minutes in the future')
  const settings = snapshot.settings(raw.tenant, pod)
  const read = kind.read(raw.data, { now, settings })
  if (!read.ok) return { status: 'rejected', code: read.code, errors: read.errors }
  const event = bySilence(ofQuestion(read.event, raw.question), raw.silence)
  // What a pod reads out of the body is held to the same.
  if (event.occurredAt !== undefined && !isWithinTime(event.occurredAt))
    return reject('validation_failed', 'occurred_at', timeRange)
  if (event.message?.ts !== undefined && !isWithinTime(event.message.ts))
    return reject('validation_failed', 'ts', timeRange)
  const named = event.outcome?.question
  if (named !== undefined && !pod.questions.some(({ name }) => name === named))
    return reject(
      'validation_failed',
      'question',
      `no question of ${pod.name} is called ${shortened(raw, named, deps)}; there are ${pod.questions.map(({ name }) => name).join(', ')}`,
    )

  const privacy = deps.privacy(raw.tenant)
  const payloadHash = hashOf(raw, privacy)
  if (payloadHash === null)
    return reject('validation_failed', 'data', 'holds a number that JSON cannot hold, or is nested too deep')
  const startMs = deps.watch?.monotonicMs() ?? 0
  const cleaned = withoutText(redactEvent(event, privacy), deps)
  deps.watch?.redacted(kind.belongs === 'outcome' ? 'notes' : 'conversation', deps.watch.monotonicMs() - startMs)
  const { words, phoneValid } = findable(cleaned.event, pod, privacy, deps)
  const questions = pod.asked.get(raw.kind) ?? nothing
  const given = cleaned.event.caseId ?? raw.caseId
  // What belongs to nothing, and asks nothing or hangs on cases with a life of their own, has no case.
  const alone = kind.belongs === undefined && questions.every(({ hangs }) => hangs !== undefined)
  const caseId = given ?? (alone ? null : pod.newCaseId(now, ids.bits24()))
  const eventId = raw.eventId ?? (questions !== nothing && caseId !== null ? caseId : ids.uuid(now))
  return {
    raw,
    pod,
    kind,
    questions,
    event: cleaned.event,
    eventId,
    caseId,
    ownCaseId: given === undefined,
    subject: cleaned.event.subject ?? caseId ?? eventId,
    occurredAt: cleaned.event.occurredAt ?? raw.occurredAt ?? now,
    recordedAt: now,
    place,
    payloadHash,
    pii: cleaned.pii,
    words,
    phoneValid,
    settings,
    startedMs,
    ids,
  }
}

/** A name that nobody has, as it is told: a sender may have put anything there. */
const shortened = ({ tenant }: RawEvent, name: string, { privacy }: IngestDeps): string =>
  JSON.stringify(privacy(tenant).redact(name).text.slice(0, 60))

function reject(code: 'unknown_kind' | 'validation_failed', path: string, message: string): Rejected {
  return { status: 'rejected', code, errors: [{ path, code: 'invalid', message }] }
}

/** Whoever is inside says it of any pod. */
const ofQuestion = (event: ReadEvent, question: string | undefined): ReadEvent =>
  question === undefined || event.outcome === undefined ? event : { ...event, outcome: { ...event.outcome, question } }

/** A pod reads it as a report: it is one of nobody, and has the label that silence has. */
const bySilence = (event: ReadEvent, silence: OutcomeBySilence | undefined): ReadEvent =>
  silence === undefined || event.outcome === undefined
    ? event
    : { ...event, outcome: { ...event.outcome, source: 'window', label: silence.label } }

/** What the database would refuse must not get there: it would refuse the whole batch. Half a pair would be another id. */
function validId(id: string): boolean {
  if (id.length === 0 || id.length > maxEventIdLength || !id.isWellFormed()) return false
  for (let i = 0; i < id.length; i++) if (id.charCodeAt(i) < 32) return false
  return true
}

/** null: a field that nobody reads may hold what has no canonical form, such as 1e999. */
function hashOf({ kind, data }: Arrival['raw'], privacy: TenantPrivacy): Buffer | null {
  try {
    return Buffer.from(privacy.hash(`${kind}\n${canonical(data)}`).slice(0, 32), 'hex')
  } catch {
    return null
  }
}

function findable(
  event: ReadEvent,
  pod: Pod,
  privacy: TenantPrivacy,
  deps: IngestDeps,
): { words: readonly string[]; phoneValid: boolean | null } {
  if (!pod.hasContacts) return { words: [], phoneValid: null }
  if (event.message !== undefined) {
    const { text } = event.message
    return { words: text === '' ? [] : deps.searchWords(text), phoneValid: null }
  }
  const details = event.payload['details']
  const fromText = typeof details === 'string' && details !== '' ? deps.searchWords(details) : []
  if (event.contact === undefined) return { words: fromText, phoneValid: null }
  const { words, phoneValid } = privacy.readContact(event.contact)
  return { words: fromText.length === 0 ? words : [...fromText, ...words], phoneValid }
}

/** Every string that will be written passes the redactor; what it found is kept beside it as token -> type. */
function redactEvent(event: ReadEvent, privacy: TenantPrivacy): { event: ReadEvent; pii: Arrived['pii'] } {
  let pii: { [token: string]: string } | null = null
  const clean = (text: string): string => {
    const done = privacy.redact(text)
    if (done.text !== text) pii = { ...pii, ...done.pii }
    return done.text
  }
  const payload = redactJson(event.payload, clean) as JsonObject
  let cleaned: ReadEvent = { ...event, payload }
  // Names that nobody reads are told and not written: nothing of them belongs to the tokens of the event.
  if (event.ignored.length > 0) cleaned = { ...cleaned, ignored: event.ignored.map(name => privacy.redact(name).text) }
  if (event.message !== undefined)
    cleaned = { ...cleaned, message: { ...event.message, text: clean(event.message.text) } }
  if (event.outcome !== undefined) cleaned = { ...cleaned, outcome: redactOutcome(event.outcome, clean) }
  return { event: cleaned, pii }
}

/** A message has a text when it comes in; empty means that none is kept. */
function withoutText(cleaned: ReturnType<typeof redactEvent>, { keepsMessages }: IngestDeps): typeof cleaned {
  const { event } = cleaned
  if (keepsMessages !== false || event.message === undefined) return cleaned
  return { ...cleaned, event: { ...event, message: { ...event.message, text: '' } } }
}

/** A pod may take any word for an outcome, so the word itself may hold what must not be written. */
function redactOutcome(outcome: Outcome, clean: (text: string) => string): Outcome {
  const word = clean(outcome.outcome)
  return outcome.notes === undefined
    ? { ...outcome, outcome: word }
    : { ...outcome, outcome: word, notes: clean(outcome.notes) }
}

function redactJson(value: Json, clean: (text: string) => string): Json {
  if (typeof value === 'string') return clean(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(item => redactJson(item, clean))
  const copy: { [key: string]: Json } = {}
  const members = value as JsonObject
  for (const key in members) {
    const member = redactJson(members[key]!, clean)
    // A column of a file may be called so; assigned, it would vanish.
    if (key === '__proto__') Object.defineProperty(copy, key, { value: member, enumerable: true })
    else copy[key] = member
  }
  return copy
}
