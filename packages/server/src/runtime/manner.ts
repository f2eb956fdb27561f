/**
 * How one process goes about its work: all that is otherwise while a history is pushed through the very Surety that serves
 * live events. What stands here is asked anew each time, so that a demo goes over from one to the other.
 */
export interface Manner {
  /** What asks for a person gets a place in the inbox. */
  readonly keepsInbox: boolean
  /** An answer may be about a case that nobody opened, so it is looked for. */
  readonly looksForCases: boolean
  /** An event is answered once it is on the disk. */
  readonly syncedCommits: boolean
  /** Tasks, ticks, acts and looks at certificates come by the clock, news of other processes by notice; else when they are called for. */
  readonly byItself: boolean
  /** What a night has read to learn from stays in memory for the next. */
  readonly keepsRows: boolean
}

export const live: Manner = {
  keepsInbox: true,
  looksForCases: true,
  syncedCommits: true,
  byItself: true,
  keepsRows: false,
}

/** Nobody works an inbox, every answer is about a case of the file, and whatever gets lost can be made again. */
export const pushed: Manner = {
  keepsInbox: false,
  looksForCases: false,
  syncedCommits: false,
  byItself: false,
  keepsRows: true,
}
