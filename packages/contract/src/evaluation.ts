export const severities = ['INFO', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const
export type Severity = (typeof severities)[number]

/** Bytes of JSON that the evidence of one evaluation may have: a detector with more is `unknown: error`. */
export const mostEvidenceBytes = 2_000

/** What is worth knowing beside a value, in words and numbers of the detector's own. */
export type Evidence = { readonly [name: string]: number | string | null }

/** What a detector measured in one event, about one subject, fired or not: what a limit can be simulated on. */
export interface Evaluation {
  readonly code: string
  readonly family: string
  /** Empty: the event's own subject. */
  readonly about: string
  readonly value: number
  /** null: whatever is measured fires. */
  readonly limit: number | null
  /** It is a finding. */
  readonly fired: boolean
  readonly severity: Severity
  /** In [0, 1]. */
  readonly confidence: number
  readonly evidence: Evidence
}

/** Why a detector could not say. */
export type Unknowable = 'not_configured' | 'insufficient_history' | 'feed_gap' | 'error'

/** A detector that could not say, about one subject of an event. */
export interface UnknownEvaluation {
  readonly code: string
  readonly about: string
  readonly why: Unknowable
  /** What went wrong where it is an error, for the author of the rule. */
  readonly reason?: string
}
