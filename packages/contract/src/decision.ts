import type { FeatureValue } from './features.ts'
import type { JsonObject } from './json.ts'
import type { Reason, State } from './reasons.ts'

/** How far the machine may go: per tenant, pod and action. `asking` and `certified`/`threshold` gates come with certificates. */
export type Mode = 'acting' | 'asking' | 'dry_run' | 'stopped'
export type Gate = 'certified' | 'threshold'

/** What a score may lead to. */
export interface Score {
  /** The model's own calibrated probability, unrounded, 0..1; null when nothing could score. */
  readonly probability: number | null
  /** null: no model. */
  readonly modelVersion: number | null
  readonly modelDigest: string | null
  /** Codes to note beside the decision (`unseen_category`, `missing_feature`) with the feature names. */
  readonly notes: readonly Note[]
}

export interface Note {
  readonly code: Reason
  readonly features?: readonly string[]
  readonly detail?: string
}

/** Bounds on the probability. null fields: no calibrator yet, `reason` says why. */
export interface Interval {
  readonly lower: number | null
  readonly upper: number | null
  readonly level: number | null
  readonly method: string | null
  readonly calibrationSize: number
  readonly calibrated: number | null
  readonly reason: string | null
}

/** One decision: everything needed to explain, replay, re-evaluate and learn. */
export interface Decision {
  readonly id: string
  readonly tenant: string
  readonly pod: string
  readonly caseId: string
  readonly subject: string
  readonly eventId: string
  readonly occurredAt: Date
  readonly recordedAt: Date
  readonly schemaHash: string
  readonly features: readonly FeatureValue[]
  readonly enrichment: JsonObject
  readonly score: Score
  readonly interval: Interval
  readonly policyVersion: number
  readonly threshold: number
  readonly action: string
  readonly mode: Mode
  readonly gate: Gate
  readonly automatic: boolean
  /** Probability with which this case would have been shown to a person whatever its score: 1 while everything is asked. */
  readonly propensity: number
  readonly state: State
  readonly reason: Reason
}
