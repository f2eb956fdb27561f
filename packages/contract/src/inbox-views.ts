import type { IntervalView } from './interval-view.ts'
import type { JsonObject } from './json.ts'
import type { Urgency } from './pod.ts'

/** Does what is asked, or not. */
export type Answer = 'approve' | 'decline'
/** `urgency`: what is most pressing first; `unlock`: what counts towards the next certificate first. */
export type InboxOrder = 'urgency' | 'unlock'

/** Waiting cases at one moment; `open` is the number of items that the list has, up to 10,000 of each pod. */
export interface InboxCounts {
  readonly open: number
  readonly leased: number
  readonly overdue: number
  /** Will have expired within 24 hours. */
  readonly expiring_today: number
  /** When the longest waiting case was queued; null: none waits. */
  readonly oldest: string | null
  /**
   * Present where more wait than are counted: of these numbers there are at least so many, and the oldest is at least that
   * old. They are of the cases that expire first.
   */
  readonly lower_bounds?: readonly ('open' | 'overdue' | 'expiring_today' | 'oldest')[]
}

/** What the machine thinks of a case; `withheld` until somebody has answered. */
export interface OpinionView {
  readonly action: string
  /** 0..1; null: nothing could score it. */
  readonly probability: number | null
  readonly interval: IntervalView
}

export interface LeaseView {
  readonly until: string
  readonly mine: boolean
  /** The key that holds it, shown to admins alone. */
  readonly holder: string | null
}

export interface InboxItem {
  readonly case_id: string
  readonly pod: string
  readonly queued_at: string
  readonly due_at: string
  readonly expires_at: string
  readonly overdue: boolean
  readonly urgency: Urgency
  /** The action that `approve` says yes to. */
  readonly question: string
  /** Why it waits; `withheld` with the opinion, because it would tell. */
  readonly reason: string
  readonly reason_text: string
  /** Does an outcome of this case count towards the next certificate? null: withheld with the opinion. */
  readonly unlocks: boolean | null
  readonly opinion: 'withheld' | OpinionView
  readonly lease: LeaseView | null
  readonly subject: string
  /** One line of what arrived, redacted. */
  readonly summary: string
  /** What arrived, redacted. */
  readonly data: JsonObject
}

export interface InboxPage {
  /** Empty for viewers, who see counts alone. */
  readonly items: readonly InboxItem[]
  readonly next: string | null
  readonly counts: InboxCounts
  readonly as_of: string
}

/** The next case, leased to the caller; `case` null: nothing waits. */
export interface InboxNext {
  readonly case: InboxItem | null
  readonly lease_token: string | null
  readonly leased_until: string | null
  readonly counts: InboxCounts
  readonly as_of: string
}

export interface InboxAnswered {
  readonly case_id: string
  readonly answer: Answer
  readonly quality: 'human' | 'audit'
  /** The state of the case now, and why. */
  readonly state: string
  readonly reason: string
  readonly reason_text: string
  /** What will be done, and from when on; null: nothing. */
  readonly act: { readonly action: string; readonly not_before: string } | null
  /** The word that was reported with it. */
  readonly outcome: string | null
  /** What was withheld. */
  readonly revealed: OpinionView & {
    readonly reason: string
    readonly reason_text: string
    readonly blind_audit: boolean
    readonly done_before: boolean
  }
  /** Seconds from the lease to the answer. */
  readonly seconds: number
  readonly undo_until: string
  /** Present and true: this and the four answers before took less than three seconds each. */
  readonly hurried?: true
}

export interface InboxUndone {
  readonly case: InboxItem
  readonly lease_token: string
  readonly leased_until: string
  readonly state: string
  /** True: an outcome was reported with the answer. It stands; report another one where it was wrong. */
  readonly outcome_stands: boolean
}

/** Either what a bulk answer would do, or what it did. */
export interface InboxBulk {
  readonly applied: boolean
  /** Cases that would be answered, or were. */
  readonly count: number
  readonly sample: readonly string[]
  /** More match than one call may answer. */
  readonly more: boolean
  /** Leased cases and cases with a withheld opinion within pod, urgency and age: never answered in bulk. */
  readonly left_out: number
  /** Of the preview's cases, how many had changed by the time of the answer. */
  readonly changed: number
  readonly preview_token: string | null
  readonly expires_at: string | null
  readonly as_of: string
}
