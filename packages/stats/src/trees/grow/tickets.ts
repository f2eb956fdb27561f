import type { Phase } from './phases.ts'

/**
 * Counters in shared memory by which threads share out tasks. Word 0 holds the number of the phase and the next ticket
 * in one, so that a thread that was held up cannot take a ticket of a later phase for one of its own.
 */
export type Tickets = Int32Array<SharedArrayBuffer>

const word = 0
const done = 1
const failed = 2
/** How many sleep on `word` and on `done`: waking nobody costs a system call, .3 ms in some sandboxes. */
const asleep = 3
const leaderAsleep = 4
/** Two sets of what a phase is (kind, tickets, first task), used in turn: the last one stays readable for latecomers. */
const helped = 5
const phases = 6
const phaseWidth = 3

const closed = 0
const notOpened = -1

const ticketBits = 12
export const mostTickets = 2 ** ticketBits - 1
/**
 * Looks at a counter before a thread goes to sleep, .1 to .4 ms: about what the leading thread does between two phases. Ten
 * times as many took the core from those who hold the tasks, and a fit on a busy machine half as long again.
 */
const looks = 10_000

/** A task to do. */
export interface Claim {
  readonly kind: Phase
  readonly task: number
}

export function makeTickets(): Tickets {
  const tickets: Tickets = new Int32Array(new SharedArrayBuffer(4 * (phases + 2 * phaseWidth)))
  tickets[phases] = notOpened
  return tickets
}

/** Offers `count` tasks, numbered from `first` on. Only the leading thread calls it, when no task is open. */
export function openPhase(tickets: Tickets, kind: Phase | typeof closed, count: number, first: number): void {
  const number = (Atomics.load(tickets, word) >>> ticketBits) + 1
  const at = phases + (number & 1) * phaseWidth
  tickets[at] = kind
  tickets[at + 1] = count
  tickets[at + 2] = first
  Atomics.store(tickets, done, 0)
  Atomics.store(tickets, word, number << ticketBits)
  if (Atomics.load(tickets, asleep) > 0) Atomics.notify(tickets, word)
}

/** Sends the workers home. */
export function closePhases(tickets: Tickets): void {
  openPhase(tickets, closed, 0, 0)
}

/** The next task nobody has taken, or null when the phase has none left. */
export function claimTask(tickets: Tickets): Claim | null {
  for (;;) {
    const now = Atomics.load(tickets, word)
    const at = phases + ((now >>> ticketBits) & 1) * phaseWidth
    const ticket = now & mostTickets
    const kind = tickets[at]!
    if (ticket >= tickets[at + 1]!) return null
    const task = tickets[at + 2]! + ticket
    if (Atomics.compareExchange(tickets, word, now, now + 1) === now) return { kind: kind as Phase, task }
  }
}

/** Says that a task of a phase of `count` is done; the last one wakes the leading thread. */
export function reportDone(tickets: Tickets, count: number): void {
  if (Atomics.add(tickets, done, 1) + 1 >= count && Atomics.load(tickets, leaderAsleep) > 0)
    Atomics.notify(tickets, done)
}

/** Counts a task that a worker has done; answers how many there were before. */
export function countHelp(tickets: Tickets, tasks: 0 | 1): number {
  return Atomics.add(tickets, helped, tasks)
}

/** How many tasks the present phase has. */
export function phaseSize(tickets: Tickets): number {
  return tickets[phases + ((Atomics.load(tickets, word) >>> ticketBits) & 1) * phaseWidth + 1]!
}

/** A worker that failed says so before it ends. */
export function reportFailure(tickets: Tickets): void {
  Atomics.store(tickets, failed, 1)
  Atomics.notify(tickets, done)
}

/** Returns when all `count` tasks are done. */
export function waitForAll(tickets: Tickets, count: number): void {
  for (let look = 0; ; look++) {
    const finished = Atomics.load(tickets, done)
    if (Atomics.load(tickets, failed) === 1) throw new Error('a worker of the crew that grows trees has failed')
    if (finished >= count) return
    // The limit is for a failure that comes between the two looks above and the sleep.
    if (look < looks) continue
    Atomics.store(tickets, leaderAsleep, 1)
    Atomics.wait(tickets, done, finished, 100)
    Atomics.store(tickets, leaderAsleep, 0)
  }
}

/** Returns when there may be tasks; false when there will be none any more. */
export function waitForPhase(tickets: Tickets): boolean {
  for (let look = 0; ; look++) {
    const now = Atomics.load(tickets, word)
    const number = now >>> ticketBits
    const at = phases + (number & 1) * phaseWidth
    if (tickets[at] === closed) return false
    if ((now & mostTickets) < tickets[at + 1]!) return true
    if (look < looks) continue
    Atomics.add(tickets, asleep, 1)
    Atomics.wait(tickets, word, now)
    Atomics.sub(tickets, asleep, 1)
  }
}
