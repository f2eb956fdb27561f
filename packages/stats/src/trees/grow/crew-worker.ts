// A worker thread of `startCrew`: takes tasks until there are none any more.
import { workerData } from 'node:worker_threads'
import type { Arena } from './arena.ts'
import { perform } from './phases.ts'
import type { Rules } from './rules.ts'
import { claimTask, countHelp, phaseSize, reportDone, reportFailure, type Tickets, waitForPhase } from './tickets.ts'

const { arena, rules, tickets }: { arena: Arena; rules: Rules; tickets: Tickets } = workerData

try {
  while (waitForPhase(tickets)) {
    const claim = claimTask(tickets)
    if (claim === null) continue
    const count = phaseSize(tickets)
    perform(arena, rules, claim.kind, claim.task)
    countHelp(tickets, 1)
    reportDone(tickets, count)
  }
} catch (error) {
  reportFailure(tickets)
  throw error
}
