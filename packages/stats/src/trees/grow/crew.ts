import { Worker } from 'node:worker_threads'
import type { Arena } from './arena.ts'
import type { RunPhase } from './grow-tree.ts'
import { perform } from './phases.ts'
import type { Rules } from './rules.ts'
import {
  claimTask,
  closePhases,
  countHelp,
  makeTickets,
  mostTickets,
  openPhase,
  reportDone,
  waitForAll,
} from './tickets.ts'

/** The threads that share the work of a fit. Closing it lets the workers go. */
export interface Crew extends Disposable {
  readonly run: RunPhase
  /** Tasks that other threads have done so far. */
  readonly helped: () => number
}

/**
 * Starts a crew of this thread and `workers - 1` others. Tasks are handed out one by one, so nobody waits for a worker
 * that is still starting or held up by other programs: who is there does the work.
 */
export function startCrew(arena: Arena, rules: Rules, workers: number): Crew {
  if (workers === 1) {
    return {
      run: (kind, tasks) => {
        for (let task = 0; task < tasks; task++) perform(arena, rules, kind, task)
      },
      helped: () => 0,
      [Symbol.dispose]: () => {},
    }
  }
  const tickets = makeTickets()
  const threads = Array.from({ length: workers - 1 }, () => {
    const worker = new Worker(new URL('./crew-worker.ts', import.meta.url), { workerData: { arena, rules, tickets } })
    worker.unref()
    // A worker that cannot start is one pair of hands less; one that fails at a task says so by its ticket.
    worker.on('error', () => {})
    return worker
  })
  const share: RunPhase = (kind, tasks) => {
    for (let first = 0; first < tasks; first += mostTickets) {
      const count = Math.min(mostTickets, tasks - first)
      openPhase(tickets, kind, count, first)
      for (let claim = claimTask(tickets); claim !== null; claim = claimTask(tickets)) {
        perform(arena, rules, claim.kind, claim.task)
        reportDone(tickets, count)
      }
      waitForAll(tickets, count)
    }
  }
  return {
    run: (kind, tasks) => {
      // With nothing to share nobody is woken and nobody waited for.
      if (tasks === 1) perform(arena, rules, kind, 0)
      else share(kind, tasks)
    },
    helped: () => countHelp(tickets, 0),
    [Symbol.dispose]: () => {
      closePhases(tickets)
      threads.length = 0
    },
  }
}
