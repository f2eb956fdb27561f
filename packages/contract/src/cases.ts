import type { Severity } from './evaluation.ts'
import type { Group } from './groups.ts'
import type { Event } from './kind.ts'
import type { Asking, Needs } from './needs.ts'

/** What events hang on: an alert. Those of one key that come within the window are one case. */
export interface CaseRule {
  /** Unique in the pod. */
  readonly name: string
  /** The group that holds the case: every event that can reach its key holds the same one. */
  readonly group: Group
  /**
   * Milliseconds by the events' own times: an open case is joined by what happened less than this away from what it began with.
   * null: as long as it is open.
   */
  windowMs(type: string): number | null
}

/**
 * Declares a rule of cases.
 *
 *   const alert = cases('alert', { group: site, windowMs: () => hours(2) })
 * @throws Error with a sentence for the author of the pod
 */
export function cases(name: string, spec: Omit<CaseRule, 'name'>): CaseRule {
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(name)) throw new Error(`a rule of cases cannot be called ${JSON.stringify(name)}`)
  return { ...spec, name }
}

/** On which case what a question asked or did hangs. Decisions of one event with the same rule, family and subject share one. */
export interface HangsOn<E extends Event = Event, N extends Needs = Needs> {
  readonly rule: CaseRule
  /** What kind of thing it is, such as `GEOFENCE_BREACH`: part of the key. Of several that share a case that of the strongest. */
  type(x: Asking<E, N>): string
  /** Left out: the family of the finding that raised the question, else the question itself. */
  family?(x: Asking<E, N>): string
  /** Whom or what it is about, within its group; left out: the group itself. Part of the key. */
  subject?(x: Asking<E, N>): string
  severity(x: Asking<E, N>, probability: number | null): Severity
}

/** What a decision did to its case. */
export const hangings = ['opened', 'joined', 'raised'] as const
export type Hanging = (typeof hangings)[number]
