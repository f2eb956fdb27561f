import type { ReadEvent } from './event.ts'
import type { JsonObject } from './json.ts'
import type { Asking } from './needs.ts'

/** numeric: any finite number · cyclic: number in [0, period) · categorical: a word · boolean: true or false. */
export type FeatureKind = 'numeric' | 'cyclic' | 'categorical' | 'boolean'

/** One input of the model: a name for ever, a kind, and for the model card a sentence with its unit. */
export interface FeatureSpec {
  readonly name: string
  readonly kind: FeatureKind
  /** Only for cyclic features: the length of the circle in the feature's unit (24 for hours). */
  readonly period?: number
  readonly meaning: string
}

/** null is "missing": never 0, never an empty word. */
export type FeatureValue = number | string | boolean | null

/** An attribute that an operator declared: a named extra column of every event that asks. */
export interface AttributeSpec {
  readonly name: string
  readonly kind: 'numeric' | 'categorical' | 'boolean'
}

/** Per-tenant settings of one pod, versioned; a pod reads the keys it knows. */
export type PodSettings = JsonObject

/** What a feature function may look at. Everything is known at decision time. */
export interface FeatureInput {
  readonly event: ReadEvent
  readonly enrichment: JsonObject
  readonly tenant: string
  readonly recordedAt: Date
  readonly settings: PodSettings
  /** The past and what was found; only for kinds that name a group. */
  readonly look?: Asking
}
