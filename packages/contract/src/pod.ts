import { checkStanding, readOtherwise, twice } from './check-standing.ts'
import type { Detector } from './detector.ts'
import type { Entity } from './entity.ts'
import type { ReadEvent } from './event.ts'
import type { PodSettings } from './features.ts'
import type { PodHistory } from './history.ts'
import type { JsonObject } from './json.ts'
import type { EventKind } from './kind.ts'
import type { PodMetrics } from './metrics.ts'
import type { Setting } from './needs.ts'
import { eachSide, type OutcomeRules, type Question, type QuestionSpec } from './question.ts'
import type { StateKind } from './state.ts'
import type { TickKind } from './tick.ts'

/** What the enrichment of one event gave: stored with the decision, input of the features. */
export interface EnrichContext {
  readonly now: Date
  readonly settings: PodSettings
  /** false: text enrichment is switched off by configuration. */
  readonly enrichment: boolean
}

/** What a pod is, on one page: what its author writes. */
export interface PodSpec {
  readonly name: string
  readonly kinds: { readonly [kind: string]: EventKind }
  /** At least one; the first is meant where none is named. */
  readonly questions: readonly QuestionSpec[]
  /** What it counts of its own; null: nothing. */
  readonly metrics: PodMetrics | null
  /** Reference data that an operator maintains; left out: none. */
  readonly entities?: readonly Entity[]
  /** What it keeps of the past, folded in event order; left out: nothing. */
  readonly state?: readonly StateKind[]
  /** Rules that measure each event; left out: none. Their limits are settings of the pod, under their own names. */
  readonly detectors?: readonly Detector[]
  /** Which silence is listened to; left out: none. They are kinds of it without standing among them. */
  readonly ticks?: readonly TickKind[]
  /** An event received later than this many milliseconds after it happened is never acted on by itself; left out: any may be. */
  readonly lateAfterMs?: number
  enrich(event: ReadEvent, context: EnrichContext): JsonObject
  /** An id for a new case, of one width so that ids sort by time; `random` is 24 uniform bits. */
  newCaseId(now: Date, random: number): string
  /** True: cases of this pod carry contact fields, messages and text that can be searched. */
  readonly hasContacts: boolean
  /** The event that reports one of the words of an outcome for a case, as a sender would write it. */
  report(caseId: string, outcome: string, notes: string | null): { readonly kind: string; readonly data: JsonObject }
  /** How files of the past are replayed; null: they are not. */
  readonly history: PodHistory | null
  /** Default settings of a new tenant. */
  readonly defaultSettings: PodSettings
  /** Checks settings before they are saved: a list of sentences, empty when good. */
  checkSettings(settings: PodSettings): readonly string[]
}

/** A whole pod. Shared code asks these properties and never which pod it is. */
export interface Pod extends PodSpec {
  readonly questions: readonly [Question, ...Question[]]
  /** The questions that events of each kind ask, in their order; kinds that ask nothing are left out. */
  readonly asked: ReadonlyMap<string, readonly Question[]>
  readonly state: readonly StateKind[]
  readonly detectors: readonly Detector[]
  readonly ticks: readonly TickKind[]
}

const mostRememberDays = 366
const nameOf = ({ name }: { readonly name: string }): string => name

/**
 * Puts a pod together from what its author wrote.
 * @throws Error where names clash, a question stands on a kind that is not there or whose ids are forgotten, or parts name what is not in it: the mistake of whoever wrote the pod
 */
export function pod(written: PodSpec): Pod {
  const wrong = (sentence: string): Error => new Error(`The pod ${written.name}: ${sentence}`)
  const spec = withTicks(written)
  const [first, ...others] = spec.questions.map(question => ({ ...question, pod: spec.name }))
  if (first === undefined) throw wrong('it asks no question.')
  const questions: Pod['questions'] = [first, ...others]
  const actions = questions.flatMap(question => eachSide(question.actions).map(nameOf))
  const doubled =
    twice('question', questions.map(nameOf)) ??
    twice('action', actions) ??
    twice('entity', (spec.entities ?? []).map(nameOf))
  if (doubled !== null) throw wrong(doubled)
  for (const [kind, { rememberDays: days }] of Object.entries(spec.kinds))
    if (days != null && !(Number.isInteger(days) && days >= 1 && days <= mostRememberDays))
      throw wrong(`ids of ${kind} are remembered for ever or for 1 to ${mostRememberDays} whole days, not for ${days}.`)
  const asked = new Map<string, Question[]>()
  for (const { name, rule } of questions)
    if (rule !== undefined && !(Number.isSafeInteger(rule.version) && rule.version >= 1))
      throw wrong(`the rule of the question ${name} has a whole number from 1 on for its version, not ${rule.version}.`)
  for (const question of questions)
    for (const kind of question.on) {
      const known = spec.kinds[kind]
      if (known === undefined) throw wrong(`the question ${question.name} stands on ${kind}, which is no kind of it.`)
      if (known.belongs !== undefined)
        throw wrong(`the question ${question.name} stands on ${kind}, which opens no case.`)
      if (known.rememberDays != null && question.hangs === undefined)
        throw wrong(`the question ${question.name} stands on ${kind}, whose ids are forgotten and open no case.`)
      const before = asked.get(kind) ?? []
      for (const other of before) {
        const word = readOtherwise(other.outcomes.words, question.outcomes.words)
        if (word !== null)
          throw wrong(`the questions ${other.name} and ${question.name} stand on ${kind} and read ${word} otherwise.`)
      }
      asked.set(kind, [...before, question])
    }
  const fault = checkStanding(spec) ?? wrongSilence(spec) ?? wrongName(spec)
  if (fault !== null) throw wrong(fault)
  return { state: [], detectors: [], ticks: [], ...spec, ...withLimits(spec), questions, asked }
}

/** Days that silence may take, where a question lets it speak. */
export const mostSilenceDays = 3_650

/** Silence is told as a person would tell it, and takes no locks but that of its case. */
function wrongSilence({ kinds, questions }: PodSpec): string | null {
  const silent = questions.find(({ silence }) => silence !== undefined)
  for (const { name, silence, outcomes, hangs } of questions) {
    if (silence === undefined) continue
    const { days, word, label } = silence
    if (!(Number.isInteger(days) && days >= 0 && days <= mostSilenceDays))
      return `silence speaks of the question ${name} after 0 to ${mostSilenceDays} whole days, not after ${days}.`
    if (outcomes.words[word] !== label)
      return `silence calls a case of the question ${name} ${word}, which is no word of it with the label ${label}.`
    if (hangs !== undefined)
      return `silence speaks of the question ${name}, which hangs on cases with a life of their own.`
  }
  if (silent === undefined) return null
  const held = Object.entries(kinds).find(
    ([, { belongs, groups, rememberDays }]) => belongs === 'outcome' && (groups !== undefined || rememberDays != null),
  )
  return held === undefined
    ? null
    : `silence speaks of the question ${silent.name}, and outcomes of ${held[0]} name groups or forget their ids.`
}

/** A kind that is there already under the name of a tick stays, and is found by the check. */
const withTicks = (spec: PodSpec): PodSpec =>
  spec.ticks === undefined || spec.ticks.length === 0
    ? spec
    : { ...spec, kinds: { ...Object.fromEntries(spec.ticks.map(tick => [tick.name, tick])), ...spec.kinds } }

const limitsOf = ({ detectors = [] }: PodSpec): readonly Setting[] => [
  ...new Set(detectors.flatMap(({ limit }) => (limit === null ? [] : [limit]))),
]

/** What each question and each pod has beside its own settings. */
const reserved: readonly string[] = ['threshold', 'attributes', 'silence_days', 'maturity_floor_days']

/** A pod that was put together has its limits among its settings already. */
function wrongName(spec: PodSpec): string | null {
  const { defaultSettings: own } = spec
  const taken = limitsOf(spec).find(
    ({ name, value }) => reserved.includes(name) || (own[name] !== undefined && own[name] !== value),
  )
  return taken === undefined ? null : `the limit ${taken.name} has the name of another setting.`
}

/** The limits of its detectors are settings as its own are: with their defaults, and held to their ranges. */
function withLimits(spec: PodSpec): Pick<PodSpec, 'defaultSettings' | 'checkSettings'> {
  const limits = limitsOf(spec)
  if (limits.length === 0) return spec
  return {
    defaultSettings: { ...Object.fromEntries(limits.map(({ name, value }) => [name, value])), ...spec.defaultSettings },
    checkSettings: settings => {
      const sentences = [...limits.flatMap(limit => wrongLimit(limit, settings)), ...spec.checkSettings(settings)]
      return [...new Set(sentences)]
    },
  }
}

function wrongLimit({ name, min, max }: Setting, settings: PodSettings): readonly string[] {
  const set = settings[name]
  const good = set === undefined || (typeof set === 'number' && set >= min && set <= max)
  return good ? [] : [`${name} must be a number from ${min} to ${max}`]
}

/** Every word that may be reported for a case of this pod, with its label; where questions of other cases read it otherwise, that of the first. */
export const outcomeWords = (of: Pod): OutcomeRules['words'] =>
  Object.assign({}, ...of.questions.toReversed().map(({ outcomes }) => outcomes.words))

/** Of which questions a word tells that names none: of all (null), as where nobody knows it, or of those that know it. */
export function toldBy({ questions }: Pod, word: string): readonly string[] | null {
  const knowing = questions.filter(({ outcomes }) => Object.hasOwn(outcomes.words, word))
  return knowing.length === 0 || knowing.length === questions.length ? null : knowing.map(nameOf)
}

/** The question that owns this action: names of actions are unique in a pod. @throws Error when there is none */
export function questionOfAction(of: Pod, action: string): Question {
  const found = of.questions.find(({ actions }) => eachSide(actions).some(({ name }) => name === action))
  if (found === undefined) throw new Error(`the pod ${of.name} has no action ${action}`)
  return found
}

/** Under which question what speaks of a whole pod is shown: its only one, or `*` where there are several. */
export const questionShown = ({ questions }: Pod): string => (questions.length === 1 ? questions[0].name : '*')

/** The question of that name. @throws Error when the pod asks none */
export function questionOf(of: Pod, name: string): Question {
  const found = of.questions.find(question => question.name === name)
  if (found === undefined) throw new Error(`the pod ${of.name} asks no question ${name}`)
  return found
}
