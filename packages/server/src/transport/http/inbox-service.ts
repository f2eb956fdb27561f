import type {
  Answer,
  InboxAnswered,
  InboxBulk,
  InboxNext,
  InboxOrder,
  InboxPage,
  InboxUndone,
  Principal,
  Urgency,
} from '@surety/contract'

/** What waits for people. Every function acts on the tenant of the key; leases belong to the key. */
export interface Inbox {
  /** Viewers get the counts and no items. */
  list(
    actor: Principal,
    options: { pod?: string; order: InboxOrder; limit: number; cursor?: string },
  ): Promise<InboxPage>
  /** `except`: cases that are not wanted just now. */
  next(actor: Principal, options: { pod?: string; order: InboxOrder; except: readonly string[] }): Promise<InboxNext>
  release(actor: Principal, caseId: string, leaseToken: string): Promise<void>
  /** Until when the lease runs now. */
  extend(actor: Principal, caseId: string, leaseToken: string): Promise<Date>
  answer(
    actor: Principal,
    caseId: string,
    input: { answer: Answer; lease_token: string; outcome?: string; notes?: string },
  ): Promise<InboxAnswered>
  undo(actor: Principal, caseId: string, reason: string | undefined, requestId: string): Promise<InboxUndone>
  bulk(
    actor: Principal,
    input: {
      pod: string
      query: {
        urgency?: Urgency
        older_than?: Date
        probability_from?: number
        probability_to?: number
        reason?: string
      }
      answer: Answer
      outcome?: string
      reason: string
      preview_token?: string
    },
    requestId: string,
  ): Promise<InboxBulk>
}
