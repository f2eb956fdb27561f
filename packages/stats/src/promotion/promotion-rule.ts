import type { Refusal } from '../refusal.ts'

/** A number with bounds, as every interval of this package has them. */
export interface Bounded {
  readonly ok: true
  readonly value: number
  readonly lower: number
  readonly upper: number
}

/** Difference challenger minus champion within one segment. */
export interface SegmentDifference {
  readonly segment: string
  /** Of the log loss, lower is better. A refusal (too few rows) does not block: nothing is known. */
  readonly logLoss: Bounded | Refusal
}

/** Share of cases an action may be taken on by itself, certified, of both models. 0 = nothing certified. */
export interface CertifiedShare {
  readonly action: string
  readonly champion: number
  readonly challenger: number
}

/** All that the rule looks at; every interval on the same sealed, later-in-time, subject-disjoint holdout. */
export interface PromotionEvidence {
  /** Challenger minus champion, below 0 is better; level = 1 - 0.05/challengers (see `promotionLevel`). */
  readonly logLossDifference: Bounded | Refusal
  /** Challenger minus champion, above 0 is better. */
  readonly aucDifference: Bounded | Refusal
  /** Why a model that is merely not worse should replace one that works ("trained on the new price list"). */
  readonly reason: string | null
  readonly challenger: {
    /** Two-sided 90 % or wider; its lower end is the one-sided bound. */
    readonly auc: Bounded | Refusal
    readonly brierSkill: { readonly ok: true; readonly value: number } | Refusal
    readonly calibration: { readonly ok: true; readonly slope: number } | Refusal
  }
  readonly segments: readonly SegmentDifference[]
  readonly certified: readonly CertifiedShare[]
  /** How often this holdout has judged before. */
  readonly holdoutUses: number
}

/** The numbers of the rule. */
export interface PromotionLimits {
  readonly aucFloor: number
  /** Largest loss of AUC accepted with a reason; default 0.005. */
  readonly aucMargin?: number
  /** Default 0.8 to 1.25. */
  readonly slope?: readonly [number, number]
  /** A holdout is retired after so many uses; default 10. */
  readonly mostHoldoutUses?: number
}

/** One condition of the rule, with what was found and what was asked. */
export interface PromotionCheck {
  readonly name:
    | 'better'
    | 'not_worse'
    | 'auc_floor'
    | 'brier_skill'
    | 'calibration_slope'
    | 'segment'
    | 'certified_share'
    | 'holdout_uses'
  readonly passed: boolean
  /** Segment or action, for checks made per segment or action. */
  readonly of?: string
  readonly detail: string
}

/** The verdict with every condition, passed or not. */
export interface PromotionVerdict {
  readonly promote: boolean
  /** `better`: proven on log loss. `not_worse`: proven within the margin on AUC, and there is a reason. */
  readonly ground: 'better' | 'not_worse' | null
  readonly checks: readonly PromotionCheck[]
}

/** Coverage of the difference intervals when so many challengers are judged in one cycle (Bonferroni at 5 %). */
export function promotionLevel(challengers: number): number {
  if (!(Number.isSafeInteger(challengers) && challengers >= 1)) {
    throw new RangeError(`at least one challenger is judged, got ${challengers}`)
  }
  return 1 - 0.05 / challengers
}

/**
 * Promote iff the challenger is proven better on log loss, or proven no worse on AUC and there is a reason; and every guard
 * holds: AUC floor by its lower bound, Brier skill above 0, calibration slope in its band, no segment proven worse, no
 * action certified for a smaller share, holdout not worn out. A figure that was refused does not pass its check.
 */
export function promotionRule(evidence: PromotionEvidence, limits: PromotionLimits): PromotionVerdict {
  const { aucMargin = 0.005, slope: band = [0.8, 1.25], mostHoldoutUses = 10, aucFloor } = limits
  const { logLossDifference: loss, aucDifference: auc, challenger } = evidence
  const better = loss.ok && loss.upper < 0
  const notWorse = auc.ok && auc.lower > -aucMargin
  const reason = evidence.reason?.trim() ? evidence.reason.trim() : null
  const { auc: own, brierSkill, calibration } = challenger
  const guards: PromotionCheck[] = [
    {
      name: 'auc_floor',
      passed: own.ok && own.lower > aucFloor,
      detail: own.ok ? `AUC at least ${show(own.lower)}, asked above ${show(aucFloor)}` : own.detail,
    },
    {
      name: 'brier_skill',
      passed: brierSkill.ok && brierSkill.value > 0,
      detail: brierSkill.ok ? `Brier skill ${show(brierSkill.value)}, asked above 0` : brierSkill.detail,
    },
    {
      name: 'calibration_slope',
      passed: calibration.ok && calibration.slope >= band[0] && calibration.slope <= band[1],
      detail: calibration.ok ? `slope ${show(calibration.slope)}, asked ${band[0]} to ${band[1]}` : calibration.detail,
    },
    ...evidence.segments.map(({ segment, logLoss }): PromotionCheck => {
      const proven = logLoss.ok && logLoss.lower > 0
      const detail = logLoss.ok ? `log loss ${show(logLoss.lower)} to ${show(logLoss.upper)} higher` : logLoss.detail
      return { name: 'segment', of: segment, passed: !proven, detail }
    }),
    ...evidence.certified.map(
      ({ action, champion, challenger: share }): PromotionCheck => ({
        name: 'certified_share',
        of: action,
        passed: share >= champion,
        detail: `certified for ${show(share)} of the cases, champion ${show(champion)}`,
      }),
    ),
    {
      name: 'holdout_uses',
      passed: evidence.holdoutUses < mostHoldoutUses,
      detail: `this holdout judged ${evidence.holdoutUses} times, at most ${mostHoldoutUses} are allowed`,
    },
  ]
  const ground = better ? 'better' : notWorse && reason !== null ? 'not_worse' : null
  const grounds: PromotionCheck[] = [
    {
      name: 'better',
      passed: better,
      detail: loss.ok ? `log loss difference at most ${show(loss.upper)}, asked below 0` : loss.detail,
    },
    {
      name: 'not_worse',
      passed: notWorse && reason !== null,
      detail: auc.ok
        ? `AUC difference at least ${show(auc.lower)}, asked above ${show(-aucMargin)}; ${reason ?? 'no reason given'}`
        : auc.detail,
    },
  ]
  const promote = ground !== null && guards.every(({ passed }) => passed)
  return { promote, ground, checks: [...grounds, ...guards] }
}

function show(value: number): string {
  return String(Number(value.toPrecision(4)))
}
