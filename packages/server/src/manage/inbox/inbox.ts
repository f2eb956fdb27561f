import { answerCase } from './answer.ts'
import { bulkAnswer } from './bulk.ts'
import { extendLease, nextCase, releaseCase } from './claim.ts'
import type { InboxDeps } from './deps.ts'
import { listInbox } from './list.ts'
import { undoAnswer } from './undo.ts'

type Bound<F> = F extends (deps: InboxDeps, ...rest: infer R) => infer A ? (...rest: R) => A : never
const bind =
  <R extends unknown[], A>(deps: InboxDeps, work: (deps: InboxDeps, ...rest: R) => A) =>
  (...rest: R): A =>
    work(deps, ...rest)

/** The inbox of every pod, each function acting on the tenant of the key it is given. */
export interface InboxSlice {
  readonly list: Bound<typeof listInbox>
  readonly next: Bound<typeof nextCase>
  readonly release: Bound<typeof releaseCase>
  readonly extend: Bound<typeof extendLease>
  readonly answer: Bound<typeof answerCase>
  readonly undo: Bound<typeof undoAnswer>
  readonly bulk: Bound<typeof bulkAnswer>
}

export const inbox = (deps: InboxDeps): InboxSlice => ({
  list: bind(deps, listInbox),
  next: bind(deps, nextCase),
  release: bind(deps, releaseCase),
  extend: bind(deps, extendLease),
  answer: bind(deps, answerCase),
  undo: bind(deps, undoAnswer),
  bulk: bind(deps, bulkAnswer),
})
