import type { Decision } from '@surety/contract'

/** One row for each event of the batch: what must be unique for ever. */
export interface KeyRow {
  readonly tenant: string
  readonly eventId: string
  readonly caseId: string
  readonly kind: string
  readonly payloadHash: Buffer
  readonly recordedAt: Date
  readonly decisionId: string | null
  /**
   * Not null: the case must exist already, opened by an event of one of these kinds (separated by commas), so that an
   * answer of one pod never finds a case of another. null: it needs none.
   */
  readonly caseKinds: string | null
  /** This batch holds an event that would open its case: whether it did is known only as it is written. */
  readonly opensHere?: boolean
}

export interface EventRow {
  readonly tenant: string
  readonly eventId: string
  readonly pod: string
  readonly kind: string
  readonly caseId: string
  readonly occurredAt: Date
  readonly recordedAt: Date
  readonly payload: string
  readonly pii: string | null
  readonly sealed: Buffer | null
  readonly search: string | null
}

/** What the json columns of a decision hold, as text. */
export interface DecisionTexts {
  readonly features: string
  readonly enrichment: string
  readonly notes: string | null
  readonly radii: string | null
}

export interface DecisionRow extends Decision {
  readonly latencyUs: number
  readonly texts: DecisionTexts
}

export interface OutcomeRow {
  readonly tenant: string
  readonly eventId: string
  readonly pod: string
  readonly caseId: string
  readonly outcome: string
  readonly label: 0 | 1 | null
  readonly source: string
  readonly quality: string
  readonly notes: string | null
  readonly timeToConversion: number | null
  readonly occurredAt: Date
  readonly recordedAt: Date
}

export interface MessageRow {
  readonly tenant: string
  readonly eventId: string
  readonly pod: string
  readonly caseId: string
  readonly role: string
  readonly text: string
  readonly pii: string | null
  readonly channel: string | null
  readonly ts: Date
  readonly recordedAt: Date
  readonly search: string | null
}

/** What the machine does about a case, as it was decided: pending until the room `act` has looked once more. */
export interface ActRow {
  readonly tenant: string
  readonly eventId: string
  readonly decisionId: string
  readonly pod: string
  readonly caseId: string
  readonly action: string
  readonly recordedAt: Date
}

export interface InboxRow {
  readonly tenant: string
  readonly eventId: string
  readonly decisionId: string
  readonly pod: string
  readonly caseId: string
  readonly recordedAt: Date
  readonly action: string
  /** 0 high, 1 medium, 2 low. */
  readonly urgency: number
  readonly dueAt: Date
  readonly expiresAt: Date
  readonly unlocks: boolean
  readonly probability: number | null
  readonly reason: string
  readonly audit: boolean
  readonly hidden: boolean
}

/** Under which state of the autonomy of a tenant and pod the batch was decided. */
export interface EpochRow {
  readonly tenant: string
  readonly pod: string
  readonly epoch: number
}

/** Automatic acts that count towards a cap, by hour. */
export interface ActCountRow {
  readonly tenant: string
  readonly pod: string
  readonly action: string
  readonly hour: Date
  readonly acts: number
}

/** Decisions and outcomes lie in the order of the keys of their events. */
export interface Batch {
  readonly keys: readonly KeyRow[]
  readonly events: readonly EventRow[]
  readonly decisions: readonly DecisionRow[]
  readonly outcomes: readonly OutcomeRow[]
  readonly messages: readonly MessageRow[]
  readonly acts: readonly ActRow[]
  readonly inbox: readonly InboxRow[]
  /** Not empty: nothing is written when one of them has moved on, because something may not be done by itself any more. */
  readonly epochs: readonly EpochRow[]
  readonly actCounts: readonly ActCountRow[]
  /** Cases that a person or the customer touched: pending automatic acts with an older token are void. */
  readonly touches: readonly {
    readonly tenant: string
    readonly caseId: string
    readonly reason: string
    readonly at: Date
  }[]
}

/** A batch of nothing, to be filled. */
export const emptyBatch: Batch = {
  keys: [],
  events: [],
  decisions: [],
  outcomes: [],
  messages: [],
  acts: [],
  inbox: [],
  epochs: [],
  actCounts: [],
  touches: [],
}
