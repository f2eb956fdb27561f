import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeArena } from './arena.ts'
import { startCrew } from './crew.ts'
import { phase } from './phases.ts'
import { claimTask, makeTickets, openPhase, reportDone, reportFailure, waitForAll, waitForPhase } from './tickets.ts'

test('workers do take part, and every row is walked exactly once', () => {
  const rows = 50 * 8192
  const arena = makeArena({ rows, trainRows: 0, columns: 1, maxDepth: 1, weighted: false })
  arena.leafValues[0] = 1
  const rules = { lambda: 1, gamma: 0, minChildWeight: 1, categorical: [false], monotone: [] }
  using crew = startCrew(arena, rules, 3)
  let rounds = 0
  // Starting a thread takes a tenth of a second, a round a few milliseconds; the limit is for a worker that never comes.
  while (crew.helped() < 100 && rounds < 20_000) {
    crew.run(phase.walk, 50)
    rounds++
  }
  assert.ok(crew.helped() >= 100, `${crew.helped()} tasks in ${rounds} rounds`)
  assert.ok(arena.margin.every(margin => margin === rounds))
})

test('every task of a phase is handed out once, in order, and then none', () => {
  const tickets = makeTickets()
  assert.equal(claimTask(tickets), null)
  openPhase(tickets, phase.part, 3, 10)
  assert.deepEqual(
    Array.from({ length: 4 }, () => claimTask(tickets)?.task),
    [10, 11, 12, undefined],
  )
  for (let k = 0; k < 3; k++) reportDone(tickets, 3)
  waitForAll(tickets, 3)
})

test('a closed crew sends its workers home, and a failed worker is not waited for', () => {
  const tickets = makeTickets()
  openPhase(tickets, phase.settle, 1, 0)
  assert.equal(waitForPhase(tickets), true)
  reportFailure(tickets)
  assert.throws(() => waitForAll(tickets, 1), /failed/)
  openPhase(tickets, 0, 0, 0)
  assert.equal(waitForPhase(tickets), false)
})
