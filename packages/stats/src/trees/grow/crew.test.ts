import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../../rng.ts'
import { answered } from '../../testing/oracles.ts'
import { fitTrees, type TreeOptions } from '../fit-trees.ts'
import { numericFeatures, treeWorld } from '../testing/tree-world.ts'
import { phase } from './phases.ts'
import { claimTask, makeTickets, openPhase, reportDone, reportFailure, waitForAll, waitForPhase } from './tickets.ts'

test('6.13: trees of 1, 2 and 4 workers are the same bytes, samples and stopping included', () => {
  const { table, y } = treeWorld(20_000, 30, 'crew', 0.05)
  const fit = (workers: number, options: TreeOptions) =>
    JSON.stringify(answered(fitTrees(numericFeatures(30), table, y, { trees: 12, workers, ...options })))
  for (const options of [{}, { stopOn: { rows: 5000 }, sample: { rows: 0.7, columns: 0.5, rng: rng('sample') } }]) {
    const draw = () => ('sample' in options ? { ...options, sample: { ...options.sample, rng: rng('sample') } } : {})
    const alone = fit(1, draw())
    for (const workers of [1, 2, 4]) assert.equal(fit(workers, draw()), alone, `${workers} workers`)
  }
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
