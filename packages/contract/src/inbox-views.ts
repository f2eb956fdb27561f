import type { Answered } from './http/handler.ts'
import type { QueryOf } from './http/route.ts'
import type { Routes } from './http/routes.ts'

/** Does what is asked, or not. */
export type Answer = InboxAnswered['answer']
/** `urgency`: what is most pressing first; `unlock`: a uniform draw of what counts towards the next certificate first. */
export type InboxOrder = NonNullable<QueryOf<Routes['listInbox']>['order']>

/** `items` is empty for viewers, who see counts alone. */
export type InboxPage = Answered<'listInbox'>
/** Waiting cases at one moment; `open` is the number of items that the list has, up to 10,000 of each pod. */
export type InboxCounts = InboxPage['counts']
export type InboxItem = InboxPage['items'][number]
/** What the machine thinks of a case; `withheld` until somebody has answered. */
export type OpinionView = Exclude<InboxItem['opinion'], 'withheld'>

/** The next case, leased to the caller; `case` null: nothing waits. */
export type InboxNext = Answered<'nextInInbox'>
export type InboxAnswered = Answered<'answerCase'>
export type InboxUndone = Answered<'undoAnswer'>
/** Either what a bulk answer would do, or what it did. */
export type InboxBulk = Answered<'bulkAnswer'>
