import type { Hanging } from './cases.ts'
import type { FeatureValue } from './features.ts'
import type { JsonObject } from './json.ts'
import type { Reason, State } from './reasons.ts'

/** How far the machine may go: per tenant, pod and action. `asking` and `certified`/`threshold` gates come with certificates. */
export type Mode = 'acting' | 'asking' | 'dry_run' | 'stopped'
export type Gate = 'certified' | 'threshold'

/** What a score may lead to. */
export interface Score {
  /** The model's own calibrated probability, or until there is one the rule's, unrounded, 0..1; null when nothing could score. */
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
  /** The number that was compared, and what it was compared with. */
  readonly value?: number
  readonly limit?: number
}

/**
 * What the calibrator says of a probability. `lower`, `upper`: Venn-Abers, 0..1. null fields: no calibrator, `reason` says
 * why. Beside it, reported and never routed on, the residual interval at three levels.
 */
export interface Interval {
  readonly lower: number | null
  readonly upper: number | null
  /** null for Venn-Abers, whose bounds promise calibration and no coverage level. */
  readonly level: number | null
  readonly method: string | null
  readonly calibrationSize: number
  /** The calibrated probability between the bounds. */
  readonly calibrated: number | null
  /** 1 - expected calibration error of the calibrator, cross-fitted, 0..1. */
  readonly calibrationScore: number | null
  /** Version of the calibrator, counted per tenant, pod and model. */
  readonly calibrator: number | null
  /** Labels that are still plausible at 90 % per class: 0 none, 1 {0}, 2 {1}, 3 both. */
  readonly labelSet: 0 | 1 | 2 | 3 | null
  /** Half-widths of the residual interval at 90, 95 and 99 %; null where too few rows carry a level. */
  readonly radii: readonly (number | null)[] | null
  readonly reason: string | null
}

/** No bounds, and why. */
export const withoutInterval = (reason: string): Interval => ({
  lower: null,
  upper: null,
  level: null,
  method: null,
  calibrationSize: 0,
  calibrated: null,
  calibrationScore: null,
  calibrator: null,
  labelSet: null,
  radii: null,
  reason,
})

/** Below this width an interval is narrow (strictly). */
export const narrowWidth = 0.2

/** Ratios are compared with cuts after rounding to six decimals, so that .2 is never .19999999999999998. */
const six = (value: number): number => Math.round(value * 1e6) / 1e6

/** @returns upper - lower, or null without an interval */
export function intervalWidth({ lower, upper }: Pick<Interval, 'lower' | 'upper'>): number | null {
  return lower === null || upper === null ? null : six(upper - lower)
}

/** @returns null without an interval */
export function isNarrow(interval: Pick<Interval, 'lower' | 'upper'>): boolean | null {
  const width = intervalWidth(interval)
  return width === null ? null : width < narrowWidth
}

/** The question of a pod that asks one thing of every case. */
export const mainQuestion = 'main'

type OfQuestion =
  | 'question'
  | 'questionSubject'
  | 'auditCoin'
  | 'actingVersion'
  | 'kappa'
  | 'predictionsDigest'
  | 'findingsDigest'
  | 'hung'

/** The main question, asked about whom the event is about, before a coin is drawn: no record, no other scorer, no finding. */
export const mainAlone: Pick<Decision, OfQuestion> = {
  question: mainQuestion,
  questionSubject: '',
  auditCoin: null,
  actingVersion: null,
  kappa: { act: null, clear: null },
  predictionsDigest: null,
  findingsDigest: null,
  hung: null,
}

/** The version of the rule that a decision was scored by; null: a model was asked, or nothing was. */
export const ruleVersionOf = ({ actingVersion, score }: Pick<Decision, 'actingVersion' | 'score'>): number | null =>
  score.modelDigest === null ? actingVersion : null

/** One decision: everything needed to explain, replay, re-evaluate and learn. */
export interface Decision {
  readonly id: string
  readonly tenant: string
  readonly pod: string
  /** Empty: it hangs on no case. */
  readonly caseId: string
  readonly subject: string
  readonly eventId: string
  /** What was asked, by its name in the pod. */
  readonly question: string
  /** The key of whom it was asked about; empty: whom the event itself is about. */
  readonly questionSubject: string
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
  /** Probability with which a person sees this case: 1 for what is asked, the audit rate for what would be done by itself. */
  readonly propensity: number
  readonly state: State
  readonly reason: Reason
  /** The certificate that allowed it, or would have in a dry run; null: none did. */
  readonly certificate: string | null
  /** True: drawn for a blind audit, before (queued) or after the act. */
  readonly audited: boolean
  /**
   * The draw of this question, event and subject under the tenant's key, in [0, 1): below the audit rate it is drawn for a
   * blind audit. Made for every decision, whatever became of it; null: from before it was kept.
   */
  readonly auditCoin: number | null
  /** The version whose score decides what is done by itself. Where no model scored it, that of the rule; null: neither did. */
  readonly actingVersion: number | null
  /** By that version's score, for the record of each side: the strictest cut that holds the case, 0..63; -1: none; null: no such side, or no model. */
  readonly kappa: { readonly act: number | null; readonly clear: number | null }
  /** SHA-256, as hexadecimal text, of what other scorers said; null: there are none. */
  readonly predictionsDigest: string | null
  /** The same of the findings that raised the question. */
  readonly findingsDigest: string | null
  /** What it did to its case, where cases have a life of their own; null: it opened the case that its event is, or hangs on none. */
  readonly hung: Hanging | null
}
