import {
  type EventResult,
  type OutcomeRules,
  outcomeWords,
  type Pod,
  type Principal,
  type RawEvent,
} from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import type { Moved } from '../../runtime/events.ts'

/** What the inbox is made of. */
export interface InboxDeps extends Pick<Context, 'db' | 'pods' | 'now' | 'redact' | 'audit'> {
  readonly uuid: () => string
  /** Outcomes go through the line like those of any sender. */
  report(events: readonly RawEvent[]): Promise<readonly EventResult[]>
  /** Of the tenant, for previews. */
  previewKey(tenant: string): Buffer
  /** Told after the commit: cases that went from one state to another. */
  moved?(moves: readonly Moved[]): void
  /** Told when a door came past more cases that are over than it closes itself. */
  overdue?(tenant: string): void
  /** Told after the commit. `seconds` from the lease to the answer, of single answers. */
  readonly count?: {
    answered(given: {
      readonly pod: string
      readonly action: string
      readonly answer: string
      readonly quality: string
      readonly cases: number
      readonly seconds: number | null
    }): void
    hurried(of: { readonly pod: string; readonly action: string }): void
  }
}

export const leaseMs = 10 * 60_000
export const undoMs = 10 * 60_000
/** How long an approved act waits, so that it can be undone. */
export const actDelayMs = 30_000

/** How a decision ends that nobody has to look at any more. */
export const ends = {
  expired: { state: 'expired', reason: 'queue_ttl' },
  withdrawn: { state: 'suppressed', reason: 'outcome_known' },
} as const

export const after = (at: Date, ms: number): Date => new Date(at.getTime() + ms)
export const holderOf = (actor: Principal): string => `key:${actor.keyId}`

/** Names of the pods that are meant: one, or all. @throws Problem `validation_failed` */
export function podNames(deps: Pick<InboxDeps, 'pods'>, given: string | undefined): readonly string[] {
  const names = deps.pods.map(pod => pod.name)
  if (given === undefined) return names
  if (names.includes(given)) return [given]
  throw new Problem('validation_failed', undefined, {
    errors: [{ path: 'pod', code: 'not_allowed', message: `must be one of ${names.join(', ')}` }],
  })
}

export function podOf(deps: Pick<InboxDeps, 'pods'>, name: string): Pod {
  const pod = deps.pods.find(candidate => candidate.name === name)
  if (pod === undefined) throw new Error(`there is no pod called ${name}`)
  return pod
}

/** @throws Problem `invalid_outcome` */
export function checkOutcome(pod: Pod, outcome: string | undefined): string | null {
  if (outcome === undefined) return null
  return checkWord(outcomeWords(pod), outcome, 'outcome')
}

/** @throws Problem `invalid_outcome` */
export function checkWord(known: OutcomeRules['words'], outcome: string, path: string): string {
  if (Object.hasOwn(known, outcome)) return outcome
  const words = Object.keys(known).join(', ')
  throw new Problem('invalid_outcome', undefined, {
    errors: [{ path, code: 'not_allowed', message: `must be one of ${words}` }],
  })
}
