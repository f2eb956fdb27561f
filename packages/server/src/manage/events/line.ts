import type { Answered, Decision, EventResult, JsonObject, RawEvent } from '@surety/contract'

/** The line, as whatever brings events sees it. */
export interface Line {
  /** Does a kind tell what became of a case? A key that may only ingest must not report outcomes. */
  answers(kind: string): boolean
  /** One event; resolves after the commit. Throws `overloaded` when the bounded queue is full. */
  submit(event: RawEvent): Promise<EventResult>
  /** Up to 1,000 events of one door; one event result each, in order. */
  submitMany(events: readonly RawEvent[]): Promise<readonly EventResult[]>
  /** Of these decisions, the cases that wait for a person who is to judge them unseen. */
  unseen(tenant: string, decisions: readonly Decision[]): Promise<ReadonlySet<string>>
  /** Enrichment, redaction and score of a lead that is not stored. */
  preview(tenant: string, data: { details: string; attributes?: JsonObject }): Promise<Answered<'preview'>>
  now(): Date
}
