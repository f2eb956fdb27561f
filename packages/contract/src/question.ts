import type { HangsOn } from './cases.ts'
import type { Mode } from './decision.ts'
import { type Severity, severities } from './evaluation.ts'
import type { FeatureInput, FeatureSpec, FeatureValue, PodSettings } from './features.ts'
import type { Group } from './groups.ts'
import type { JsonObject } from './json.ts'
import type { Event, EventOf, Kind } from './kind.ts'
import type { Asking, Needs, Subject } from './needs.ts'
import type { Reason, State } from './reasons.ts'

/** How outcomes are read: what settles a question. */
export interface OutcomeRules {
  /** The words that may be reported, with their label (null: not settled yet). A word that is not here says nothing of it; what several questions of a case know has one label. */
  readonly words: { readonly [outcome: string]: 0 | 1 | null }
  /** The word for label 1 and the word for label 0 that the demo and replay use. */
  readonly positive: string
  readonly negative: string
}

/** What it says when nothing is heard of a case. */
export interface Silence {
  /** Whole days after the later of its decision and the newest word that settles nothing, 0 to 3,650; 0: silence says nothing. */
  readonly days: number
  /** The word for a case of which nothing was heard at all; what was heard keeps its own. */
  readonly word: string
  readonly label: 0 | 1
}

/** Where an item ends, and why. */
export interface End {
  readonly state: State
  readonly reason: Reason
}

/**
 * At most one such act within a window, whichever case it hangs on: another one is asked, as `duplicate`, or as `recently_cleared` where
 * it turned out to be nothing. Only on kinds that name a group.
 */
export interface Once<E extends Event = Event, N extends Needs = Needs> {
  /** The group that holds it: every event that can come to the same one holds it. */
  readonly group: Group
  /** What is the same, within the group: a text of 1 to 128 characters. Pure. */
  key(x: Asking<E, N>): string
  /** Milliseconds by the events' own times, more than 0 and at most 366 days. */
  readonly windowMs: number
}

/** One thing that can be done about a case without asking a person. Its name is unique in the pod. */
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
  /** `accept`: its first certificate waits until an admin accepts it. Left out: `use`. */
  readonly firstCertificate?: 'use' | 'accept'
  /** What beside the certified cut must hold; default: the probability itself, of any width. */
  readonly conditions?: { readonly on: 'probability' | 'lower_bound'; readonly narrow: boolean }
  /** Left out: as often as it is found. */
  readonly once?: Once
}

/** The two things that can be done about a case: act, or clear it. Either may be missing: people settle what lies there. */
export type Sides<Side = Action> =
  | { readonly act: Side; readonly clear?: Side }
  | { readonly act?: never; readonly clear: Side }

/** Those that there are, the act side first. */
export const eachSide = <Side>({ act, clear }: Sides<Side>): readonly Side[] =>
  [act, clear].filter(side => side !== undefined) as Side[]

/** The same sides, of something else. */
export function mapSides<Side, Other>(sides: Sides<Side>, of: (side: Side) => Other): Sides<Other> {
  const { act, clear } = sides
  if (act === undefined) return { clear: of(clear as Side) }
  return clear === undefined ? { act: of(act) } : { act: of(act), clear: of(clear) }
}

/** The most urgent first: the place of each is what is stored of it. */
export const urgencies = ['high', 'medium', 'low'] as const
export type Urgency = (typeof urgencies)[number]

/** 0 is the most urgent. */
export const urgencyLevel = (urgency: Urgency): number => urgencies.indexOf(urgency)

/** A case with a life of its own waits as urgently as it is bad. */
export const urgencyOfSeverity = (severity: Severity): Urgency =>
  severities.indexOf(severity) >= severities.indexOf('HIGH') ? 'high' : severity === 'MEDIUM' ? 'medium' : 'low'

/** One step of an act: what it sends out, redacted, and how long after the decision; at least 0 ms. */
export interface ActStep {
  readonly step: string
  readonly channel: string
  readonly text: string
  readonly afterMs: number
}

/** What an act may say: what was read out of the event, and what arrived, redacted. */
export interface ActFacts {
  readonly enrichment: JsonObject
  readonly payload: JsonObject
}

/** Where the rows of a question lie: models, certificates, thresholds, modes, caps and audits are kept by it. */
export interface QuestionKey {
  readonly pod: string
  readonly question: string
}

/** What scores a question until a model serves. It sees the feature vector only, as a model does. */
export interface Rule {
  /** Whole number from 1 on: another rule has another. Stored with each decision that it scored. */
  readonly version: number
  /** Of the values in the order of `featureSpecs(settings)`; 0..1. Pure. What it cannot say so is asked, as an error. */
  probability(values: readonly FeatureValue[]): number
}

/** What a pod says of a question. */
export interface QuestionSpec {
  readonly name: string
  /** The sentence itself, such as "Will this lead book?". */
  readonly asks: string
  /** Kinds of events that ask it. */
  readonly on: readonly string[]
  /** `all`: one model for every tenant (tenant `*`); `tenant`: one model per tenant. Until a tenant has it otherwise. */
  readonly modelScope: 'all' | 'tenant'
  /** Feature names of every model of this question, in order, before declared attributes. */
  readonly baseFeatures: readonly FeatureSpec[]
  /** Features by whose levels held-out cases are also judged apart, besides the tenant. */
  readonly segmentFeatures?: readonly string[]
  /** Base features, then one per attribute declared in the settings (name `attr.<name>`). */
  featureSpecs(settings: PodSettings): readonly FeatureSpec[]
  /** What it reads of the past, as `look.past` of the input of its features; only on kinds that name a group. */
  readonly needs?: Needs
  /** About whom it is asked of one event, only on kinds that name a group; none: it is not asked. Left out: whom the event is about. */
  about?(x: Asking): readonly Subject[]
  /** On which case it hangs; left out: the event is a case of its own. */
  readonly hangs?: HangsOn
  /**
   * The ask line: what is not settled by itself is asked from this probability on, and logged below it. Left out: all is asked, what
   * nothing could score too.
   */
  readonly askFrom?: number
  /** Left out: until a model serves, nothing scores it. By a rule nothing is done: it says how probable, and what of it is asked. */
  readonly rule?: Rule
  /** Values in the order of `featureSpecs(settings)`; null = missing. Pure. */
  features(input: FeatureInput): readonly FeatureValue[]
  readonly outcomes: OutcomeRules
  readonly actions: Sides
  /** Threshold of the plain rule on the model's probability, 0..1. */
  readonly threshold: number
  /** How far the machine goes before anybody has set a mode. */
  readonly defaultMode: Mode
  /** Where items end while the mode of their action is `dry_run` or `stopped`. */
  readonly endings: { readonly dryRun: End; readonly stopped: End }
  /** How soon a person should look at a case, by what the enrichment says of it. */
  urgency(enrichment: JsonObject): Urgency
  /** Minutes from being queued until a person should have answered, by urgency. */
  readonly slaMinutes: { readonly [urgency in Urgency]: number }
  /** Left out: silence never says anything of it. Its days are a setting (`silence_days`). */
  readonly silence?: Silence
  /** Days after which an outcome is taken as settled while too few are known to learn their delay. */
  readonly maturityDays: number
  /** Days before which no outcome is taken as settled, whatever is learned of their delay; a setting (`maturity_floor_days`). Left out: 0. */
  readonly maturityFloorDays?: number
  /** What performing an act does, step by step, under names of its own; none: the act itself is all. Pure. */
  steps(action: string, facts: ActFacts): readonly ActStep[]
}

/** A question of a pod: one thing that is asked about a subject, with its own features, model, budgets and certificates. */
export interface Question extends QuestionSpec {
  /** Name of its pod. */
  readonly pod: string
}

/** How soon a person should look at what is asked, until when they should have, and until when it waits for them. */
export interface ReviewDue {
  readonly urgency: Urgency
  readonly dueAt: Date
  readonly expiresAt: Date
}

/** The same of a question that is asked at this moment, by what the enrichment says of its case. */
export function reviewDue(
  of: Pick<QuestionSpec, 'urgency' | 'slaMinutes'>,
  enrichment: JsonObject,
  at: Date,
  queueDays: number,
): ReviewDue {
  const urgency = of.urgency(enrichment)
  return {
    urgency,
    dueAt: new Date(at.getTime() + of.slaMinutes[urgency] * 60_000),
    expiresAt: new Date(at.getTime() + queueDays * 86_400_000),
  }
}

/** One input of a model, and how it is worked out; null: missing. Pure. */
export interface FeatureOf<X> extends Omit<FeatureSpec, 'name'> {
  of(x: X): FeatureValue
}

type Written =
  | 'name'
  | 'on'
  | 'needs'
  | 'about'
  | 'hangs'
  | 'rule'
  | 'actions'
  | 'baseFeatures'
  | 'featureSpecs'
  | 'features'

/**
 * Declares a question on kinds that name groups: what it needs of the past stands beside what is worked out from it.
 *
 *   const failing = question('failing', { asks: 'Is this heating about to fail?', on: [reading], needs: { before: row(readings) },
 *     features: { slope: { kind: 'numeric', meaning: 'Degrees an hour.', of: ({ event, past }) => … } }, … })
 */
export function question<K extends Kind, const N extends Needs = Record<never, never>, F extends string = string>(
  name: string,
  spec: Omit<QuestionSpec, Written> & {
    readonly on: readonly K[]
    readonly needs?: N
    about?(x: Omit<Asking<EventOf<K>, N>, 'subject'>): readonly Subject[]
    readonly hangs?: HangsOn<EventOf<K>, N>
    readonly features: { readonly [feature in F]: FeatureOf<Asking<EventOf<K>, N>> }
    readonly actions: Sides<Omit<Action, 'once'> & { readonly once?: Once<EventOf<NoInfer<K>>, NoInfer<N>> }>
    /** Its features by their names, as they are stored. */
    readonly rule?: {
      readonly version: number
      probability(features: { readonly [feature in NoInfer<F>]: FeatureValue }): number
    }
  },
): QuestionSpec {
  const { on, needs, about, hangs, rule, actions, features, ...rest } = spec
  const all = Object.entries<FeatureOf<Asking<EventOf<K>, N>>>(features)
  const specs = all.map(([feature, { kind, meaning, period }]) => ({
    name: feature,
    kind,
    meaning,
    ...(period !== undefined && { period }),
  }))
  return {
    ...rest,
    name,
    on: on.map(kind => kind.name),
    actions: actions as unknown as Sides,
    ...(needs !== undefined && { needs }),
    ...(about !== undefined && { about: about as unknown as NonNullable<QuestionSpec['about']> }),
    ...(hangs !== undefined && { hangs: hangs as unknown as HangsOn }),
    ...(rule !== undefined && {
      rule: {
        version: rule.version,
        probability: values =>
          rule.probability(
            Object.fromEntries(specs.map(({ name }, place) => [name, values[place] ?? null])) as {
              readonly [feature in F]: FeatureValue
            },
          ),
      },
    }),
    baseFeatures: specs,
    featureSpecs: () => specs,
    // Without a past, as in a preview, all is missing.
    features: ({ look }) =>
      all.map(([, { of }]) => (look === undefined ? null : of(look as unknown as Asking<EventOf<K>, N>))),
  }
}

const atOnce: readonly Pick<ActStep, 'afterMs'>[] = [{ afterMs: 0 }]

/** What is to be done for an action of this question: its steps, or where it has none the act itself, at once. */
export function stepsOf(of: QuestionSpec, action: string, facts: ActFacts): readonly Pick<ActStep, 'afterMs'>[] {
  const steps = of.steps(action, facts)
  return steps.length === 0 ? atOnce : steps
}

export const placeOf = ({ pod, name }: Pick<Question, 'pod' | 'name'>): QuestionKey => ({ pod, question: name })
