import type { TSchema } from 'typebox'
import type { EventRole, ReadEvent, ReadResult } from './event.ts'
import type { FeatureSpec, FeatureValue, PodSettings } from './features.ts'
import type { JsonObject } from './json.ts'

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

export interface Action {
  readonly name: string
  /** The share of wrong acts that an operator allows by default, 0..1. */
  readonly alpha: number
  readonly reversible: boolean
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
  enrich(event: ReadEvent, context: EnrichContext): JsonObject
  /** Values in the order of `featureSpecs(settings)`; null = missing. Pure. */
  features(input: FeatureInput): readonly FeatureValue[]
  /** An id for a new case; `random` is 24 uniform bits. */
  newCaseId(now: Date, random: number): string
  /** True: cases of this pod carry contact fields, messages and text that can be searched. */
  readonly hasContacts: boolean
  readonly outcomes: OutcomeRules
  readonly actions: readonly Action[]
  /** Threshold of the plain rule on the model's probability, 0..1. */
  readonly threshold: number
  /** Default settings of a new tenant. */
  readonly defaultSettings: PodSettings
  /** Checks settings before they are saved: a list of sentences, empty when good. */
  checkSettings(settings: PodSettings): readonly string[]
}
