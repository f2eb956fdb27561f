import { hash } from 'node:crypto'
import {
  canonical,
  type Decision,
  type Evaluation,
  type EventKind,
  type Json,
  mainAlone,
  type Pod,
  stepsOf,
} from '@surety/contract'
import type { PlaceRow } from '../../store/act-counts.ts'
import type { ActRow } from '../../store/acts.ts'
import type { Batch, EpochRow } from '../../store/batch-rows.ts'
import type { DecisionRow } from '../../store/decisions.ts'
import type { KeyRow } from '../../store/event-keys.ts'
import type { EventRow } from '../../store/events.ts'
import type { SettleRow, TouchRow } from '../../store/fences.ts'
import type { InboxRow } from '../../store/inbox.ts'
import type { MessageRow } from '../../store/messages.ts'
import type { OutcomeRow, ToldBy } from '../../store/outcomes.ts'
import { type PredictionRow, predictionsDigest, shownPrediction } from '../../store/predictions.ts'
import type { ReactivationRow } from '../../store/reactivations.ts'
import { decisionTexts } from '../../store/receipt-record.ts'
import { searchVector } from '../../store/search-words.ts'
import type { OutcomeLimits } from '../../store/tenants.ts'
import { type Arrived, allOf, type Bound, type Decided, type Judged, type Stateful, spokenOf } from '../item.ts'
import { inboxRow } from './inbox-places.ts'

/** What the rows of a batch need beside its items. */
export interface BatchDeps {
  seal(item: Arrived): Buffer | null
  monotonicMs(): number
  /** How many outcomes of one key count as a person's. */
  outcomeLimits(tenant: string): OutcomeLimits
  /** Left out: an inbox is kept, and cases are looked for. In a history both are false: some cases are in a batch still under way. */
  manner?(): { readonly keepsInbox: boolean; readonly looksForCases: boolean }
}

/** As long as the column can say: 36 minutes, which only a database that stood still brings about. */
const longestUs = 2 ** 31 - 1

export const keyOf = (tenant: string, eventId: string): string => `${tenant}\n${eventId}`

export type Item = Arrived | Judged | Decided

/** @throws Error for what belongs to no case: only what asks, answers or tells is asked this */
function caseOf({ caseId, raw }: Item): string {
  if (caseId === null) throw new Error(`an event of kind ${raw.kind} belongs to no case`)
  return caseId
}
export const isDecided = (item: Item): item is Decided => 'verdict' in item

/** Its decisions hang on cases with a life of their own: the event is of none. */
export const hangs = (item: Item): boolean => isDecided(item) && item.question.hangs !== undefined

/**
 * Made for the row and again for the answer: to remember it costs more. Field by field (40 ns): to spread parts into it or to
 * leave some out costs ten times as much and more.
 */
export function decisionOf(item: Decided): Decision {
  const { verdict, score } = item
  return {
    id: verdict.decisionId,
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
    score: verdict.whyNot.length === 0 ? score : { ...score, notes: [...score.notes, ...verdict.whyNot] },
    interval: item.interval,
    question: item.question.name,
    questionSubject: item.look?.subject.key ?? mainAlone.questionSubject,
    actingVersion: verdict.actingVersion,
    kappa: verdict.kappa,
    predictionsDigest: item.acting === null ? null : digestOfActing(item.acting),
    findingsDigest: item.look === undefined ? null : digestOf(item.look.findings),
    hung: item.hung?.did ?? null,
    policyVersion: verdict.policyVersion,
    threshold: verdict.threshold,
    action: verdict.action,
    mode: verdict.mode,
    gate: verdict.gate,
    automatic: verdict.automatic,
    propensity: verdict.propensity,
    state: verdict.state,
    reason: verdict.reason,
    certificate: verdict.certificate,
    audited: verdict.audited,
    auditCoin: verdict.auditCoin,
  }
}

/** True: it answers or tells of a case that must be there. */
const belongsToCase = (item: Item, { manner }: BatchDeps): boolean =>
  item.kind.belongs !== undefined && manner?.().looksForCases !== false

/** The cases that this batch opens, where it holds something that belongs to one. */
function openedBy(items: readonly Item[], recorder: BatchDeps): ReadonlySet<string> {
  const opened = new Set<string>()
  if (!items.some(item => belongsToCase(item, recorder))) return opened
  for (const item of items) if (isDecided(item)) opened.add(`${item.pod.name}\n${keyOf(item.raw.tenant, item.caseId)}`)
  return opened
}
/** By case who sent what may open it in this batch; worked out once something asks for it. */
function openersAmong(items: readonly Item[]): (item: Item) => string | null {
  let known: Map<string, string | null> | null = null
  const placeIn = (item: Item): string => `${item.pod.name}\n${keyOf(item.raw.tenant, caseOf(item))}`
  return asked => {
    if (known === null) {
      known = new Map()
      for (const item of items)
        if (isDecided(item)) for (const one of allOf(item)) known.set(placeIn(one), item.raw.sender?.key ?? null)
    }
    return known.get(placeIn(asked)) ?? null
  }
}

/** Who told an outcome, and by which rules its label may count as given in bulk. */
function toldBy(item: Item, { outcomeLimits }: BatchDeps, openerOf: (item: Item) => string | null): ToldBy | null {
  const { sender, quality, tenant } = item.raw
  if (sender === undefined) return null
  const { key, systemOfRecord, outcomes, admin = false } = sender
  const isHistory = admin && item.event.outcome?.source === 'imported'
  if (isHistory || systemOfRecord || quality === 'bulk')
    return { key, bulk: null, perMinute: null, openedHere: null, counts: 0 }
  const { perRequest, perMinute } = outcomeLimits(tenant)
  const bulk = outcomes > perRequest ? 'one_request' : null
  return { key, bulk, perMinute, openedHere: openerOf(item), counts: 1 }
}

const digests = new WeakMap<readonly Evaluation[], string>()

/** What rules had found when the question was asked: SHA-256 of its canonical JSON; null: nothing. Asked for the row and the answer. */
function digestOf(findings: readonly Evaluation[]): string | null {
  if (findings.length === 0) return null
  const known = digests.get(findings)
  if (known !== undefined) return known
  const digest = hash('sha256', canonical(findings as unknown as Json))
  digests.set(findings, digest)
  return digest
}

const digestsOfActing = new WeakMap<Bound, string>()

/** Of the prediction that is kept beside a decision. Asked for the row and the answer. */
function digestOfActing(acting: Bound): string {
  const known = digestsOfActing.get(acting)
  if (known !== undefined) return known
  const digest = predictionsDigest([shownPrediction(actingSaid(acting))])
  digestsOfActing.set(acting, digest)
  return digest
}

function actingSaid({ score, cannot, interval }: Bound): Parameters<typeof shownPrediction>[0] {
  const { probability, modelVersion, modelDigest } = score
  if (modelVersion === null || modelDigest === null) throw new Error('no version said what is acted on')
  return { role: 'acting', score: { probability, modelVersion, modelDigest }, cannot, interval }
}

const predictionRow = ({ raw, pod, eventId, recordedAt, verdict }: Decided, acting: Bound): PredictionRow => ({
  ...actingSaid(acting),
  tenant: raw.tenant,
  pod: pod.name,
  decisionId: verdict.decisionId,
  eventId,
  recordedAt,
})

/** Rows of each table. */
export function toBatch(items: readonly Item[], recorder: BatchDeps): Batch {
  const opened = openedBy(items, recorder)
  const keys: KeyRow[] = []
  const events: EventRow[] = []
  const decisions: DecisionRow[] = []
  const predictions: PredictionRow[] = []
  const outcomes: OutcomeRow[] = []
  const messages: MessageRow[] = []
  const acts: ActRow[] = []
  const inbox: InboxRow[] = []
  const epochs = new Map<string, EpochRow>()
  const places: PlaceRow[] = []
  const touches = new Map<string, TouchRow>()
  const reactivating: Item[] = []
  const settles = new Map<string, SettleRow>()
  const endedMs = recorder.monotonicMs()
  const openers = openersAmong(items)
  const keepsInbox = recorder.manner?.().keepsInbox !== false
  for (const item of items) {
    const belongs = belongsToCase(item, recorder)
    const opensHere = belongs && opened.has(`${item.pod.name}\n${keyOf(item.raw.tenant, caseOf(item))}`)
    keys.push(keyRow(item, belongs ? askingKinds(item.pod) : null, opensHere))
    if (isDecided(item)) {
      const latencyUs = Math.min(Math.round((endedMs - item.startedMs) * 1000), longestUs)
      for (const one of allOf(item)) {
        const decision = decisionOf(one)
        decisions.push({ ...decision, latencyUs, texts: decisionTexts(decision) })
        if (one.acting !== null) predictions.push(predictionRow(one, one.acting))
        if (one.verdict.automatic) addAutomatic(one, acts, epochs, places)
      }
      const asked = !keepsInbox || hangs(item) ? null : inboxRow(item)
      if (asked !== null) inbox.push(asked)
    }
    if (item.kind.belongs === 'outcome') outcomes.push(...outcomeRows(item, toldBy(item, recorder, openers)))
    else if (item.kind.belongs === 'message') messages.push(messageRow(item))
    else events.push(eventRow(item, recorder))
    const reason = touchOf(item)
    const { tenant, silence } = item.raw
    if (silence !== undefined) {
      const caseId = caseOf(item)
      settles.set(keyOf(tenant, caseId), { tenant, caseId, token: silence.token })
    }
    if (reason === null) continue
    const caseId = caseOf(item)
    const touched = keyOf(tenant, caseId)
    const before = touches.get(touched)
    const wakes = reason !== 'message_agent' || before?.wakes === true
    touches.set(touched, { tenant, caseId, reason, at: item.recordedAt, times: (before?.times ?? 0) + 1, wakes })
    if (mayReactivate(item)) reactivating.push(item)
  }
  return {
    keys,
    events,
    decisions,
    predictions,
    outcomes,
    messages,
    acts,
    inbox,
    epochs: [...epochs.values()],
    places,
    touches: [...touches.values()],
    reactivations: reactivating.map(item => reactivationRow(item, touches)),
    settles: [...settles.values()],
  }
}

const hourMs = 3_600_000

/** What is done by itself: a row to be performed, the state of autonomy it rests on, and its place under the cap. */
function addAutomatic(item: Decided, acts: ActRow[], epochs: Map<string, EpochRow>, places: PlaceRow[]): void {
  const { decisionId, action, state, epoch, cap } = item.verdict
  const { tenant } = item.raw
  const pod = item.pod.name
  const { eventId, caseId, recordedAt } = item
  if (state === 'acted') {
    const steps = stepsOf(item.question, action, { enrichment: item.enrichment, payload: item.event.payload })
    for (const [step, { afterMs }] of steps.entries()) {
      const notBefore = new Date(recordedAt.getTime() + afterMs)
      const token = item.hung?.token ?? 0
      acts.push({ tenant, eventId, decisionId, pod, caseId, action, step, notBefore, recordedAt, token })
    }
  }
  epochs.set(`${tenant}\n${pod}`, { tenant, pod, epoch })
  if (cap === null) return
  const hour = new Date(Math.floor(recordedAt.getTime() / hourMs) * hourMs)
  const question = item.question.name
  places.push({ tenant, eventId, pod, question, action, hour, cap })
}

/** A human touch cancels the machine: what a person or the customer did, and not what we said ourselves. null: it is none. */
export function touchOf(item: Item): string | null {
  const role = item.event.message?.role
  if (role === 'user' || role === 'agent') return `message_${role}`
  // Imported history carries no touch: nothing automatic can be pending on it.
  if (item.event.outcome !== undefined && item.event.outcome.source === 'reported') return 'outcome'
  return null
}

/** A message of the customer, about whose silence a question may have spoken. */
const mayReactivate = ({ event, pod }: Item): boolean =>
  event.message?.role === 'user' && pod.questions.some(({ silence }) => silence !== undefined)

function reactivationRow(item: Item, touches: ReadonlyMap<string, TouchRow>): ReactivationRow {
  const { raw, eventId, pod, occurredAt, recordedAt } = item
  const caseId = caseOf(item)
  const times = touches.get(keyOf(raw.tenant, caseId))?.times ?? 0
  return { tenant: raw.tenant, eventId, pod: pod.name, caseId, occurredAt, recordedAt, times }
}

/** Its ids are remembered for days only. */
export const idEnds = (kind: EventKind): boolean => (kind.rememberDays ?? null) !== null

const kindsOf = new WeakMap<Pod, string>()

function askingKinds(pod: Pod): string {
  const known = kindsOf.get(pod)
  if (known !== undefined) return known
  const text = [...pod.asked.keys()].join(',')
  kindsOf.set(pod, text)
  return text
}

/** The key of an event that is judged under its locks: it is written before. */
export const keyAhead = (item: Stateful): KeyRow => ({ ...keyRow(item, null, false), decisionId: item.decisionId })

/** By which a case with a life of its own is found, for ever: under its own id, with the decision that opened it. */
export const caseKey = ({ raw, caseId, recordedAt, verdict }: Decided): KeyRow => ({
  tenant: raw.tenant,
  eventId: caseId,
  caseId,
  kind: raw.kind,
  payloadHash: noPayload,
  recordedAt,
  decisionId: verdict.decisionId,
  caseKinds: null,
  sender: raw.sender?.key ?? null,
})
const noPayload = Buffer.alloc(16)

const keyRow = (item: Item, caseKinds: string | null, opensHere: boolean): KeyRow => ({
  tenant: item.raw.tenant,
  eventId: item.eventId,
  caseId: hangs(item) ? null : item.caseId,
  kind: item.raw.kind,
  payloadHash: item.payloadHash,
  recordedAt: item.recordedAt,
  decisionId: isDecided(item) ? item.verdict.decisionId : null,
  caseKinds,
  opensHere,
  ends: idEnds(item.kind),
  sender: item.questions.length > 0 ? (item.raw.sender?.key ?? null) : null,
})

const eventRow = (item: Item, recorder: BatchDeps): EventRow => ({
  tenant: item.raw.tenant,
  eventId: item.eventId,
  pod: item.pod.name,
  kind: item.raw.kind,
  caseId: hangs(item) ? null : item.caseId,
  occurredAt: item.occurredAt,
  recordedAt: item.recordedAt,
  payload: JSON.stringify(
    item.phoneValid === false ? { ...item.event.payload, phone_valid: false } : item.event.payload,
  ),
  pii: item.pii === null ? null : JSON.stringify(item.pii),
  sealed: recorder.seal(item),
  search: searchVector(item.words),
  ...('versions' in item && leftBy(item)),
})

const leftBy = ({ versions, referenceChange }: Judged) => ({
  versions: JSON.stringify(versions),
  ...(referenceChange !== null && { referenceChange }),
})

/** What is said of a label's quality by where it came from, unless the caller inside knows better. */
const qualityOf = { reported: 'human', window: 'silence', imported: 'imported' } as const

/** One, or one of each question that knows its word where others do not; the key told one outcome all the same. */
function outcomeRows(item: Item, by: ToldBy | null): readonly OutcomeRow[] {
  const row = outcomeRow(item, by)
  return spokenOf(item).map((question, place) => ({
    ...row,
    ...(question !== undefined && { question }),
    ...(place > 0 && by !== null && { by: { ...by, counts: 0 as const } }),
  }))
}

function outcomeRow(item: Item, by: ToldBy | null): OutcomeRow {
  const outcome = item.event.outcome
  if (outcome === undefined) throw new Error(`the pod read an event of kind ${item.raw.kind} without an outcome`)
  return {
    tenant: item.raw.tenant,
    eventId: item.eventId,
    pod: item.pod.name,
    caseId: caseOf(item),
    outcome: outcome.outcome,
    label: outcome.label,
    source: outcome.source,
    quality: item.raw.quality ?? qualityOf[outcome.source],
    notes: outcome.notes ?? null,
    timeToConversion: outcome.timeToConversion ?? null,
    occurredAt: item.occurredAt,
    recordedAt: item.recordedAt,
    ...(item.place !== undefined && { place: item.place }),
    ...('versions' in item && { versions: JSON.stringify(item.versions) }),
    ...(by !== null && { by }),
  }
}

function messageRow(item: Item): MessageRow {
  const message = item.event.message
  if (message === undefined) throw new Error(`the pod read an event of kind ${item.raw.kind} without a message`)
  return {
    tenant: item.raw.tenant,
    eventId: item.eventId,
    pod: item.pod.name,
    caseId: caseOf(item),
    role: message.role,
    text: message.text,
    pii: item.pii === null || message.text === '' ? null : JSON.stringify(item.pii),
    channel: message.channel ?? null,
    ts: message.ts ?? item.occurredAt,
    recordedAt: item.recordedAt,
    search: searchVector(item.words),
  }
}
