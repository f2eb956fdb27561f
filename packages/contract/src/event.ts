import type { FieldError, ProblemCode } from './errors.ts'
import type { Json, JsonObject } from './json.ts'

/** An event as a door hands it to the line: tenant and source come from the credential, never from the body. */
export interface RawEvent {
  readonly tenant: string
  /** The sender's id, 1..128 characters; absent: the line makes one. Unique per tenant for as long as its kind remembers ids; those that it forgets are numbered apart. */
  readonly eventId?: string
  readonly kind: string
  /** Only for callers inside (replay, import): the case id to open, instead of one that the pod makes. No door sets it. */
  readonly caseId?: string
  /** Only for callers inside (replay, inbox): how good the label of an outcome is. No door sets it. */
  readonly quality?: LabelQuality
  /** Only for callers inside (inbox): the one question that an outcome speaks of. No door sets it. */
  readonly question?: string
  /** The key that sent it, which doors set; left out: it came from inside (replay, demo, tick). */
  readonly sender?: Sender
  /** Only for the service's own sweep: it is an outcome by silence, and is not written if its case was touched meanwhile. No door sets it. */
  readonly silence?: OutcomeBySilence
  /** It is a tick: of a kind that only the line itself makes, and the last that waits. No door sets it. */
  readonly tick?: true
  /** Pattern of the route it came through, for the metrics; absent: from inside (replay, import, demo). */
  readonly route?: string
  /** When it happened, by the sender's clock; absent: the moment of arrival. */
  readonly occurredAt?: Date
  readonly data: Json
}

/** What the rules for labels in bulk look at: see `BulkReason`. */
export interface Sender {
  /** Id of its API key. */
  readonly key: string
  /** An admin says that what it reports is what a person found: none of the rules binds it. */
  readonly systemOfRecord: boolean
  /** An admin's key: what it says is imported is the tenant's own history, and none of the rules binds that either. */
  readonly admin?: boolean
  /** How many outcomes came in the same request, 0 or more. */
  readonly outcomes: number
}

/** Contact fields: encrypted at rest, plain only in memory, never part of a payload. */
export interface Contact {
  readonly name?: string
  readonly phone?: string
  readonly email?: string
  readonly company?: string
}

export interface Message {
  readonly role: 'user' | 'assistant' | 'system' | 'agent'
  readonly text: string
  readonly channel?: string
  readonly ts?: Date
}

/** How good a label is. Only `human`, `audit`, `silence` and (stated, at most half) `imported` ones feed certificates. */
export type LabelQuality = 'human' | 'audit' | 'bulk' | 'imported' | 'silence'

/**
 * Why the label of an outcome counts as given in bulk, whatever its quality was: its key opened the case itself; it came with
 * more outcomes in one request than a tenant's setting allows; or its key had told so many within the minute already.
 */
export const bulkReasons = ['own_case', 'one_request', 'one_minute'] as const
export type BulkReason = (typeof bulkReasons)[number]

/** What nothing heard says of a case. */
export interface OutcomeBySilence {
  /** How often its case had been touched when nothing was found to be heard; 0: never. */
  readonly token: number
  readonly label: 0 | 1
}

export interface Outcome {
  /** The word that was reported, such as `booked`. */
  readonly outcome: string
  /** 1 or 0 when the word settles the case, null while it does not. */
  readonly label: 0 | 1 | null
  readonly source: 'reported' | 'window' | 'imported'
  /** The one question of its case that it speaks of; left out: all of them. */
  readonly question?: string
  readonly notes?: string
  readonly timeToConversion?: number | null
}

/**
 * A validated event. `payload` is what is stored (after redaction); `text` is the raw free text that enrichment may
 * read in memory and that is never written.
 */
export interface ReadEvent {
  /** The case this event opens or belongs to. Absent on one that opens a case: the pod's `newCaseId` makes one. */
  readonly caseId?: string
  /** Person, site or customer behind the case, for grouping; absent: the case itself. */
  readonly subject?: string
  readonly payload: JsonObject
  readonly text?: string
  readonly contact?: Contact
  readonly message?: Message
  readonly outcome?: Outcome
  /** When it happened, where the body itself says so. */
  readonly occurredAt?: Date
  /** Names of fields that were given and not understood. */
  readonly ignored: readonly string[]
}

export type ReadResult =
  | { readonly ok: true; readonly event: ReadEvent }
  | { readonly ok: false; readonly code: ProblemCode; readonly errors: readonly FieldError[] }
