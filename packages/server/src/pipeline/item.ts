import {
  type Action,
  type Decision,
  type Evaluation,
  type Event,
  type EventKind,
  type EventResult,
  type FeatureSpec,
  type FeatureValue,
  type Gate,
  type GroupKey,
  type Hanging,
  type Interval,
  type JsonObject,
  type Asking as Look,
  type Mode,
  type Note,
  type Pod,
  type PodSettings,
  type Question,
  type RawEvent,
  type ReadEvent,
  type Reason,
  type Reference,
  type ReviewDue,
  type Score,
  type Sides,
  type State,
  toldBy,
  type UnknownEvaluation,
} from '@surety/contract'

/** An event at the door of the line: `at` is the moment of recording, `startedMs` a monotonic reading for the latency. */
export interface Arrival {
  readonly raw: RawEvent
  readonly at: Date
  readonly startedMs: number
  /** Where its ids come from; left out: from where those of all others do. */
  readonly ids?: Ids
}

/** What flows along the line: each shape is the one before plus one part, so that no step can be skipped. */
export interface Arrived {
  readonly raw: RawEvent
  readonly pod: Pod
  readonly kind: EventKind
  /** What it asks, in the order of the pod; empty: nothing. */
  readonly questions: readonly Question[]
  /** Validated; every string of its payload is redacted. `text` and `contact` are still plain and stay in memory. */
  readonly event: ReadEvent
  readonly eventId: string
  /** null: it belongs to no case. */
  readonly caseId: string | null
  /** True when we made the case id and may make another on a clash. */
  readonly ownCaseId: boolean
  readonly subject: string
  readonly occurredAt: Date
  readonly recordedAt: Date
  /** Its place among those that came with it. Left out: nothing came with it. */
  readonly place?: number
  readonly payloadHash: Buffer
  readonly pii: { readonly [token: string]: string } | null
  readonly words: readonly string[]
  /** false: the phone cannot be a real number, so nothing is ever sent to it; null: there is none. */
  readonly phoneValid: boolean | null
  readonly settings: PodSettings
  readonly startedMs: number
  readonly ids: Ids
}
/** The questions that an outcome speaks of; undefined: all of its case. */
export function spokenOf({ pod, event: { outcome } }: Pick<Arrived, 'pod' | 'event'>): readonly (string | undefined)[] {
  if (outcome === undefined) return []
  return outcome.question === undefined ? (toldBy(pod, outcome.outcome) ?? [undefined]) : [outcome.question]
}

/** It came longer after it happened than its pod lets the machine act on. */
export const isLate = ({ pod: { lateAfterMs }, recordedAt, occurredAt }: Arrived): boolean =>
  lateAfterMs !== undefined && recordedAt.getTime() - occurredAt.getTime() > lateAfterMs

/** An event that names groups: it holds them while it is judged. */
export type Stateful = Arrived & {
  readonly seen: Event
  /** At most one of each name. */
  readonly named: readonly GroupKey[]
  /** Of the decision that opens its own case: its key is written before it is judged. null: it opens none. */
  readonly decisionId: string | null
  /** Of what belongs to a case: the groups of the case, which never change. Left out: they are not known. */
  readonly ofCase?: readonly GroupKey[]
}
/** One question about one subject, with what it sees of the past. */
export interface Asked {
  readonly question: Question
  readonly look: Look
}
/** What the rules found in an event, and what it left: nothing of it is seen by its own judgement. */
export type Judged = Stateful & {
  readonly evaluations: readonly Evaluation[]
  readonly unknowns: readonly UnknownEvaluation[]
  /** Each question about each subject, in the order of the questions. */
  readonly asks: readonly Asked[]
  /** Its own groups by name, at most one of each. */
  readonly own: ReadonlyMap<string, GroupKey>
  /** By id the versions of the groups that it held, as it left them. */
  readonly versions: { readonly [group: string]: number }
  /** One of them moved. */
  readonly changed: boolean
  /** The last change of reference data that it was judged with; null: it read none. */
  readonly referenceChange: number | null
}

/** An event that asks: it has a case. */
export type Asking = Arrived & { readonly caseId: string }
/** From here on one question of an event; those of one event follow each other. */
export type Enriched = Asking & {
  readonly question: Question
  readonly enrichment: JsonObject
  /** Of a stateful event: what this question sees of the past. */
  readonly look?: Look
}
/** The case that a decision hangs on, and what it did to it. */
export interface Hung {
  readonly did: Hanging
  /** The fence of the case: an act that is decided now is void once somebody touches it. */
  readonly token: number
}
export type Featured = Enriched & { readonly schema: FeatureSchema; readonly features: readonly FeatureValue[] }
/** What one version says of a case, and why it cannot. */
export interface Said {
  readonly score: Score
  readonly cannot: Reason | null
}
export type Bound = Said & { readonly interval: Interval }
/**
 * `score`: of the model that serves. `acting`: of the version that is acted on, where it is another one and loaded here.
 * `ruleVersion`: of the rule that scored it, or could not, because no model serves; left out: a model was asked, or nothing.
 */
export type Scored = Featured & Said & { readonly acting: Said | null; readonly ruleVersion?: number }
export type Bounded = Omit<Scored, 'acting'> & { readonly interval: Interval; readonly acting: Bound | null }
/** `beside`: what the event's other questions came to; left out where it asks one. */
export type Decided = Bounded & {
  readonly verdict: Verdict
  readonly beside?: readonly Decided[]
  readonly hung?: Hung
}

/** All that an event came to, in the order of its questions. */
export const allOf = (item: Decided): readonly Decided[] =>
  item.beside === undefined ? [item] : [item, ...item.beside]

export type Rejected = Extract<EventResult, { status: 'rejected' }>

/** Told how long the stages take; milliseconds of a clock that never goes back. */
export interface WorkWatch {
  monotonicMs(): number
  redacted(surface: 'conversation' | 'notes', ms: number): void
  /** So many cases of one batch. */
  enriched(cases: number, ms: number): void
  scored(cases: number, ms: number): void
}

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
  readonly certificate: string | null
  readonly audited: boolean
  readonly auditCoin: number
  /** The version that is acted on, or the rule, and the strictest cut of each side that holds the case, as in `Decision`. */
  readonly actingVersion: number | null
  readonly kappa: Decision['kappa']
  /** Codes and numbers beside the reason: all that stood in the way, or what a dry run would have done. */
  readonly whyNot: readonly Note[]
  /** What a person should look at: asked, or drawn for a blind audit; null: nobody needs to. */
  readonly review: Review | null
  /** The state of autonomy it was decided under. */
  readonly epoch: number
  /** The cap of this hour under which it takes a place; null: it takes none. */
  readonly cap: number | null
}

/** A place in the inbox. */
export interface Review extends ReviewDue {
  /** True: an outcome of this case counts towards the next certificate. */
  readonly unlocks: boolean
  /** True: the machine's opinion is withheld until a person has answered. */
  readonly blinded: boolean
  readonly draw: ReviewDraw
}

/** Where a case stands in the order `unlock`, ascending in [0, 1]; 1: after all that is drawn. */
export interface ReviewDraw {
  /** Where the machine's opinion is shown. */
  readonly shown: number
  /** Where it is withheld: says nothing of audits, scores or sides. */
  readonly blinded: number
}

/** The model that serves, as the stage `score` needs it. */
export interface ServingModel {
  readonly version: number
  readonly digest: string
  /** `cannot`: the reason why no probability can be given; `notes` say what was scored through `other` or as missing. */
  score(
    schema: FeatureSchema,
    values: readonly FeatureValue[],
  ): { probability: number | null; notes: readonly Note[]; cannot: Reason | null }
}

/** What an operator has set for one question of one tenant. */
export interface Policy {
  readonly version: number
  readonly threshold: number
}

/** A fitted calibrator as the stage `interval` asks it: plain numbers, immutable. */
export interface Calibration {
  readonly version: number
  readonly size: number
  /** 1 - expected calibration error, cross-fitted; null with too few rows to tell. */
  readonly score: number | null
  /** Venn-Abers steps: at each score, ascending, the two probabilities. */
  readonly scores: Float64Array
  readonly p0: Float64Array
  readonly p1: Float64Array
  /** Half-widths at 90, 95, 99 %. */
  readonly radii: readonly (number | null)[]
  /** Largest unusualness at which label 0 and label 1 are plausible at 90 %; null: always. */
  readonly limits: readonly [number | null, number | null]
  /** Epoch milliseconds at which labels last made it anew or confirmed it. */
  readonly refreshedAt: number
}

/** A certified region of scores. */
export interface CertifiedRegion {
  readonly id: string
  /** Acts at or above it, clears at or below it. */
  readonly threshold: number
  /** Of a record: the cut that is acted on, and the threshold is one of the score. null: what the action measures is held against it. */
  readonly cut: number | null
  /** Clears only strictly below this too: the miss budget. null: there is none. */
  readonly below: number | null
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** One action as an operator and the evidence have left it. */
export interface ActionState {
  /** With the budgets in force. */
  readonly action: Action
  readonly mode: Mode
  readonly gate: Gate
  readonly suspended: boolean
  readonly certificate: CertifiedRegion | null
  /** Its first certificate waits to be accepted; left out: it does not. */
  readonly waits?: boolean
  /** Cases at least (act) or at most (clear) this probable count towards the next certificate; null: none do. */
  readonly unlocksFrom: number | null
  /** Share of the newest decisions that are so probable, in (0, 1]; null or left out: nobody has measured it. */
  readonly unlocksShare?: number | null
  /** Labels that there are and that the next certificate needs; null or left out: unknown. */
  readonly shortfall?: { readonly have: number; readonly need: number } | null
}

/** Cuts of a record for one side, as `cutOf` of the statistics takes them: by cut, the loosest first, where it begins. */
interface SideCuts {
  /** `yes` holds scores at or above a threshold, `no` those at or below it. */
  readonly side: 'yes' | 'no'
  readonly thresholds: readonly number[]
}

/** The version whose scores are acted on. */
export interface ActingVersion {
  readonly version: number
  /** It is the model that serves here: what that says is what it says. */
  readonly serves: boolean
  /** Where it is another one; null: this process has not loaded it, and asks. */
  readonly model: ServingModel | null
  /** null: none was built for it. */
  readonly calibration: Calibration | null
  /** Frozen when it began to serve; null: it has none yet, or the question has no such side. */
  readonly cuts: { readonly act: SideCuts | null; readonly clear: SideCuts | null }
}

/** How far the machine may go for one tenant, question and serving model. */
export interface Autonomy {
  /** The state of the database that this was read from: a newer one makes what was decided void. */
  readonly epoch: number
  readonly sides: Sides<ActionState>
  /** null: none was built for the serving model. */
  readonly calibration: Calibration | null
  /** null: none is known, because no model serves. */
  readonly acting: ActingVersion | null
  /** Share of the inbox whose opinion is withheld, 0..1. */
  readonly blindedShare: number
  readonly queueDays: number
  /** Automatic acts that this hour still has room for, Infinity without a cap. As far as is known: the write has the last word. */
  room(action: Action, at: Date): number
  /** By the tenant's key: the same for the same words. */
  draws(words: string): Draws
}

/** The draws of one decision, each in [0, 1) and of its own. */
export interface Draws {
  /** Below the audit rate: seen by a person. */
  readonly audit: number
  /** Below the share of the inbox that is blinded: without the machine's opinion. */
  readonly blinding: number
}

/** Immutable while a batch walks the line: one snapshot serves the whole batch. */
export interface Snapshot {
  model(tenant: string, question: Question): ServingModel | null
  policy(tenant: string, question: Question): Policy
  settings(tenant: string, pod: Pod): PodSettings
  autonomy(tenant: string, question: Question): Autonomy
  /** What operators maintain and the process holds in memory, as it was at a moment in milliseconds. */
  reference(tenant: string, pod: Pod, at: number): Reference
  /** The last change that it knows of; 0: there was none. null: the process holds none of this pod in memory. */
  referenceChange(tenant: string, pod: Pod): number | null
  readonly enrichment: boolean
}

/** Randomness and ids, handed in: of each event of a history its own, whatever walks beside it. */
export interface Ids {
  uuid(now: Date): string
  /** 24 uniform bits. */
  bits24(): number
}
