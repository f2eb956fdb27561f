import type { Decision } from './decision.ts'
import type { FieldError, ProblemCode } from './errors.ts'
import type { Evaluation } from './evaluation.ts'
import type { Answered } from './http/handler.ts'

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
  /** Requests a day of UTC. Left out: as many as its minutes let in. */
  readonly dailyQuota?: number
  /** Left out: none. */
  readonly grants?: readonly Grant[]
  /** An admin marked the key: the rules for labels in bulk do not bind it. Left out: they do. */
  readonly systemOfRecord?: boolean
  /** Left out: the whole tenant. No credential carries one until a tenant has clients and sites. */
  readonly scope?: Scope
}

/** What became of one event: recorded now, recorded before (same id), or rejected with nothing written. */
export type EventResult =
  | {
      readonly status: 'recorded' | 'duplicate'
      readonly kind: string
      readonly eventId: string
      /** null: it belongs to no case. */
      readonly caseId: string | null
      readonly recordedAt: Date
      /** One for each question that it asked. */
      readonly decisions: readonly Decision[]
      /** That of the question `main`. */
      readonly decision: Decision | null
      /** What rules found in it; left out where no rule looks at its kind. */
      readonly findings?: readonly Evaluation[]
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

export type MessageView = Answered<'leadHistory'>['items'][number]
/** One message that the machine sent or stored. */
export type OutboxItem = Answered<'listOutbox'>['items'][number]
export type LeadItem = Answered<'listLeads'>['items'][number]
export type LeadDetail = Answered<'getLead'>

export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

export type Analytics = Answered<'outcomeAnalytics'>

export interface SearchAnswer {
  readonly results: Answered<'search'>['results']
  /** null: everything was searched; else only the newest so many leads, and as many messages. */
  readonly onlyNewest: number | null
}

/** An API key as administrators see it: never the secret. */
export type KeyView = Answered<'listKeys'>['items'][number]
export type ModelStatus = Answered<'modelStatus'>

type Reload<S> = Extract<Answered<'reloadModel'>, { readonly status: S }>['data']
/** The two bodies of reload-model; `code` travels in the header x-reject-code. */
export type ReloadAnswer =
  | { readonly accepted: true; readonly body: Reload<200> }
  | { readonly accepted: false; readonly code: string; readonly body: Reload<409> }
