import type { TSchema } from 'typebox'
import type { Mode } from './decision.ts'
import type { Entity } from './entity.ts'
import type { EventRole, ReadEvent, ReadResult } from './event.ts'
import type { FeatureSpec, FeatureValue, PodSettings } from './features.ts'
import type { PodHistory } from './history.ts'
import type { JsonObject } from './json.ts'
import type { PodMetrics } from './metrics.ts'
import type { Reason, State } from './reasons.ts'

/** What a kind may know when it reads an event. Time is handed in: nothing in a pod reads a clock. */
export interface ReadContext {
  readonly now: Date
  readonly settings: PodSettings
}

/** One kind of event of a pod: its role on the line, its shape for the docs, and how it is read. */
export interface EventKind {
  readonly role: EventRole
  readonly schema: TSchema
  /** Validates and normalises; answers errors as data, one per field, and never throws on bad input. */
  read(data: unknown, context: ReadContext): ReadResult
}

/** What the enrichment of one event gave: stored with the decision, input of the features. */
export interface EnrichContext {
  readonly now: Date
  readonly settings: PodSettings
  /** false: text enrichment is switched off by configuration. */
  readonly enrichment: boolean
}

/** What a feature function may look at. Everything is known at decision time. */
export interface FeatureInput {
  readonly event: ReadEvent
  readonly enrichment: JsonObject
  readonly tenant: string
  readonly recordedAt: Date
  readonly settings: PodSettings
}

/** How outcomes of this pod are read: what settles a case, what silence means. */
export interface OutcomeRules {
  /** The words that may be reported, with their label (null: not settled yet). */
  readonly words: { readonly [outcome: string]: 0 | 1 | null }
  /** The word for label 1 and the word for label 0 that the demo and replay use. */
  readonly positive: string
  readonly negative: string
}

/** Where an item ends, and why. */
export interface End {
  readonly state: State
  readonly reason: Reason
}

/** One thing that can be done about a case without asking a person. */
export interface Action {
  readonly name: string
  /** `act`: done where the answer is probably yes, wrong when it turns out no. `clear`: settled where it is probably no, wrong when yes. */
  readonly side: 'act' | 'clear'
  /** Default error budget: the share of wrong acts that an operator allows, in (0, 1). */
  readonly alpha: number
  /** Chance, in (0, 1), that a certificate promises too much. */
  readonly delta: number
  /** Clears only: the largest share of all positives that may be cleared, in (0, 1); null: no such budget. */
  readonly missBudget: number | null
  readonly reversible: boolean
  /** What one wrong act and one review cost, in the same unit of the operator's choice; at least 0. */
  readonly costOfWrong: number
  readonly costOfReview: number
  /** Automatic acts per hour and tenant; null: no cap. */
  readonly capPerHour: number | null
  /** Share of would-be automatic acts that a person sees blind, in (0, 1]. */
  readonly auditRate: number
  /** How an item ends that was settled by a certificate, and by the plain rule. */
  readonly certified: End
  readonly byRule: End
  /** What beside the certified cut must hold; default: the probability itself, of any width. */
  readonly conditions?: { readonly on: 'probability' | 'lower_bound'; readonly narrow: boolean }
}

/** The two things a pod can do about a case: act, or clear it. */
export interface PodActions {
  readonly act: Action
  readonly clear: Action
}

export type Urgency = 'high' | 'medium' | 'low'

/** What an act sends out, redacted: one row of the outbox. */
export interface OutboxMessage {
  readonly step: string
  readonly channel: string
  readonly text: string
}

/** A whole pod on one page. Shared code asks these properties and never which pod it is. */
export interface Pod {
  readonly name: string
  readonly kinds: { readonly [kind: string]: EventKind }
  /** `all`: one model for every tenant (tenant `*`); `tenant`: one model per tenant. */
  readonly modelScope: 'all' | 'tenant'
  /** Feature names of every model of this pod, in order, before declared attributes. */
  readonly baseFeatures: readonly FeatureSpec[]
  /** Features by whose levels held-out cases are also judged apart, besides the tenant. */
  readonly segmentFeatures?: readonly string[]
  /** Base features, then one per attribute declared in the settings (name `attr.<name>`). */
  featureSpecs(settings: PodSettings): readonly FeatureSpec[]
  /** What it counts of its own; null: nothing. */
  readonly metrics: PodMetrics | null
  /** Reference data that an operator maintains; left out: none. */
  readonly entities?: readonly Entity[]
  enrich(event: ReadEvent, context: EnrichContext): JsonObject
  /** Values in the order of `featureSpecs(settings)`; null = missing. Pure. */
  features(input: FeatureInput): readonly FeatureValue[]
  /** An id for a new case; `random` is 24 uniform bits. */
  newCaseId(now: Date, random: number): string
  /** True: cases of this pod carry contact fields, messages and text that can be searched. */
  readonly hasContacts: boolean
  readonly outcomes: OutcomeRules
  /** The event that reports one of the words of `outcomes` for a case, as a sender would write it. */
  report(caseId: string, outcome: string, notes: string | null): { readonly kind: string; readonly data: JsonObject }
  /** How files of the past are replayed; null: they are not. */
  readonly history: PodHistory | null
  readonly actions: PodActions
  /** How far the machine goes before anybody has set a mode. */
  readonly defaultMode: Mode
  /** Where items end while the mode of their action is `dry_run` or `stopped`. */
  readonly endings: { readonly dryRun: End; readonly stopped: End }
  /** How soon a person should look at a case, by what the enrichment says of it. */
  urgency(enrichment: JsonObject): Urgency
  /** Minutes from being queued until a person should have answered, by urgency. */
  readonly slaMinutes: { readonly [urgency in Urgency]: number }
  /** Days after which an outcome is taken as settled while too few are known to learn their delay. */
  readonly maturityDays: number
  /** What performing an act puts into the outbox; null: the row of the act itself is all. */
  message(
    action: string,
    facts: { readonly enrichment: JsonObject; readonly payload: JsonObject },
  ): OutboxMessage | null
  /** Threshold of the plain rule on the model's probability, 0..1. */
  readonly threshold: number
  /** Default settings of a new tenant. */
  readonly defaultSettings: PodSettings
  /** Checks settings before they are saved: a list of sentences, empty when good. */
  checkSettings(settings: PodSettings): readonly string[]
}
