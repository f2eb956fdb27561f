import type { Decision, Note } from './decision.ts'
import type { FieldError, ProblemCode } from './errors.ts'
import type { IntervalView } from './interval-view.ts'
import type { JsonObject } from './json.ts'

/** `device`: one device that reports events and nothing else. */
export type Role = 'ingest' | 'device' | 'viewer' | 'operator' | 'admin'

/** What a principal may beyond its role. `pii`: be shown contact fields, one at a time, each told to the audit log. */
export type Grant = 'pii' | 'fraud'

export const grantWords: readonly Grant[] = ['pii', 'fraud']

/** The part of a tenant that a principal may see; empty lists: none of it. */
export interface Scope {
  readonly clients: readonly string[]
  readonly sites: readonly string[]
}

/** Who is calling: a key, a session or a device, as the credential says. `tenant` is `*` for a platform key. */
export interface Principal {
  /** A device reports events and nothing else, whatever brought it: `role` is `device` for it and for nobody else. */
  readonly kind: 'key' | 'session' | 'device'
  readonly keyId: string
  readonly tenant: string
  readonly role: Role
  readonly name: string
  /** Requests per minute by group (`leads`, `v1`, `ops`), where they differ from the defaults. */
  readonly limits: { readonly [group: string]: number }
  /** Left out: none. */
  readonly grants?: readonly Grant[]
  /** Left out: the whole tenant. No credential carries one until a tenant has clients and sites. */
  readonly scope?: Scope
}

/** What became of one event: recorded now, recorded before (same id), or rejected with nothing written. */
export type EventResult =
  | {
      readonly status: 'recorded' | 'duplicate'
      readonly kind: string
      readonly eventId: string
      readonly caseId: string
      readonly recordedAt: Date
      /** Only for kinds that ask. */
      readonly decision: Decision | null
      /** Only for kinds that answer. */
      readonly outcome: { readonly outcome: string; readonly label: 0 | 1 | null } | null
      readonly ignored: readonly string[]
      /** For kinds that carry a message: as it was stored, redacted. */
      readonly message?: MessageView
      /** false: the phone cannot be a real number; null: there is none. */
      readonly phoneValid?: boolean | null
    }
  | {
      readonly status: 'rejected'
      readonly code: ProblemCode
      readonly detail?: string
      readonly errors?: readonly FieldError[]
    }

export interface MessageView {
  readonly ts: string
  readonly role: string
  readonly text: string
  readonly pii: { readonly [token: string]: string }
}

/** One message that the machine sent or stored. */
export interface OutboxItem {
  readonly lead_id: string
  readonly pod: string
  readonly step: string
  readonly channel: string
  /** Redacted. */
  readonly text: string
  readonly decision_id: string
  readonly recorded_at: string
}

export interface LeadItem {
  readonly id: string
  readonly name: string | null
  readonly phone: string | null
  readonly email: string | null
  readonly details: string
  readonly tenant: string
  readonly created_at: string
  readonly intent: string
  readonly sentiment: string
  readonly urgency: string
  readonly score: number
  readonly pred_prob: number | null
  readonly outcome: string | null
  readonly last_messages: readonly MessageView[]
}

export interface OutcomeView {
  readonly outcome: string
  readonly label: 0 | 1 | null
  readonly source: string
  readonly notes: string | null
  readonly time_to_conversion: number | null
  readonly occurred_at: string
  readonly recorded_at: string
}

export interface DecisionView {
  readonly id: string
  readonly state: string
  readonly reason: string
  readonly reason_text: string
  readonly threshold: number
  readonly interval: IntervalView | null
  readonly mode: string
  readonly certified: boolean
  readonly followups: readonly JsonObject[]
}

export interface LeadDetail {
  readonly lead: LeadItem
  /** As the case stands now. While a person is to judge it unseen, what would tell is `withheld` or null. */
  readonly decision: Omit<DecisionView, 'certified' | 'threshold'> & {
    readonly opinion: 'shown' | 'withheld'
    readonly threshold: number | null
    readonly certified: boolean | null
    readonly action: string
    readonly automatic: boolean | null
    readonly propensity: number | null
    readonly recorded_at: string
    readonly schema_hash: string
    readonly features: JsonObject
    readonly model_version: number | null
    readonly model_digest: string | null
    readonly notes: readonly Note[]
  }
  readonly followups: readonly JsonObject[]
  readonly outcomes: readonly OutcomeView[]
  readonly exposures: readonly JsonObject[]
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

export interface Analytics {
  readonly total_leads: number
  readonly total_outcomes: number
  readonly pending: number
  readonly conversion_rate: number | null
  readonly conversion_n: number
  readonly outcome_breakdown: { readonly [outcome: string]: number }
  readonly avg_time_to_conversion: number | null
  readonly as_of: string
}

export interface SearchAnswer {
  readonly results: readonly SearchResult[]
  /** null: everything was searched; else only the newest so many leads, and as many messages. */
  readonly onlyNewest: number | null
}

export interface SearchResult {
  readonly lead_id: string
  readonly name: string | null
  readonly phone: string | null
  readonly score: number
  readonly preview: string
}

/** An API key as administrators see it: never the secret. */
export interface KeyView {
  readonly id: string
  readonly tenant: string
  readonly role: Role
  readonly name: string
  readonly limits: { readonly [group: string]: number }
  readonly grants: readonly Grant[]
  readonly enabled: boolean
  readonly created_at: string
  readonly expires_at: string | null
}

export interface ModelStatus {
  readonly loaded: boolean
  readonly version: number | null
  readonly version_date: string | null
  readonly auc: number | null
  readonly n_train: number | null
  readonly load_time: number | null
  readonly age_hours: number | null
  readonly drift_score: number | null
  readonly health:
    | 'error'
    | 'no_model'
    | 'critical_low_auc'
    | 'warning_low_auc'
    | 'warning_high_drift'
    | 'warning_stale'
    | 'ok'
  readonly conditions: readonly string[]
}

/** The two exact bodies of reload-model; `code` travels in the header x-reject-code. */
export type ReloadAnswer =
  | {
      readonly accepted: true
      readonly body: {
        readonly ok: true
        readonly version: number
        readonly auc: number
        readonly n_train: number
        readonly load_time: number
        readonly validated: boolean
      }
    }
  | {
      readonly accepted: false
      readonly code: string
      readonly body: {
        readonly ok: false
        readonly error: string
        readonly auc: number | null
        readonly min_auc: number
        readonly rejected: true
      }
    }
