import type {
  EventKind,
  Fate,
  FeatureSpec,
  FeatureValue,
  Gate,
  Interval,
  JsonObject,
  Mode,
  Note,
  Pod,
  PodSettings,
  RawEvent,
  ReadEvent,
  Reason,
  Score,
  State,
} from '@surety/contract'

/** An event at the door of the line: `at` is the moment of recording, `startedMs` a monotonic reading for the latency. */
export interface Arrival {
  readonly raw: RawEvent
  readonly at: Date
  readonly startedMs: number
}

/** What flows along the line: each shape is the one before plus one part, so that no step can be skipped. */
export interface Arrived {
  readonly raw: RawEvent
  readonly pod: Pod
  readonly kind: EventKind
  /** Validated; every string of its payload is redacted. `text` and `contact` are still plain and stay in memory. */
  readonly event: ReadEvent
  readonly eventId: string
  readonly caseId: string
  /** True when we made the case id and may make another on a clash. */
  readonly ownCaseId: boolean
  readonly subject: string
  readonly occurredAt: Date
  readonly recordedAt: Date
  readonly payloadHash: Buffer
  readonly pii: { readonly [token: string]: string } | null
  readonly words: readonly string[]
  /** false: the phone cannot be a real number, so nothing is ever sent to it; null: there is none. */
  readonly phoneValid: boolean | null
  readonly settings: PodSettings
  readonly startedMs: number
}
export type Enriched = Arrived & { readonly enrichment: JsonObject }
export type Featured = Enriched & { readonly schema: FeatureSchema; readonly features: readonly FeatureValue[] }
export type Scored = Featured & { readonly score: Score; readonly cannot: Reason | null }
export type Bounded = Scored & { readonly interval: Interval }
export type Decided = Bounded & { readonly verdict: Verdict }

export type Rejected = Extract<Fate, { status: 'rejected' }>

/** The names behind a feature vector; `hash` is stored with each vector. */
export interface FeatureSchema {
  readonly hash: string
  readonly specs: readonly FeatureSpec[]
}

/** What `decide` found: where the item ends, why, and under which policy. */
export interface Verdict {
  readonly decisionId: string
  readonly policyVersion: number
  readonly threshold: number
  readonly action: string
  readonly mode: Mode
  readonly gate: Gate
  readonly automatic: boolean
  readonly propensity: number
  readonly state: State
  readonly reason: Reason
}

/** The model that serves, as the room `score` needs it. */
export interface ServingModel {
  readonly version: number
  readonly digest: string
  /** `cannot`: the reason why no probability can be given; `notes` say what was scored through `other` or as missing. */
  score(
    schema: FeatureSchema,
    values: readonly FeatureValue[],
  ): { probability: number | null; notes: readonly Note[]; cannot: Reason | null }
}

/** What an operator has set for one pod of one tenant. */
export interface Policy {
  readonly version: number
  readonly threshold: number
}

/** Immutable while a batch walks the line: one snapshot serves the whole batch. */
export interface Snapshot {
  model(tenant: string, pod: Pod): ServingModel | null
  policy(tenant: string, pod: Pod): Policy
  settings(tenant: string, pod: Pod): PodSettings
  readonly enrichment: boolean
}

/** Randomness and ids, handed in: seeded in a replay. */
export interface Ids {
  uuid(now: Date): string
  /** 24 uniform bits. */
  bits24(): number
}
