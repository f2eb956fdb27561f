import assert from 'node:assert/strict'
import { test } from 'node:test'
import { markTaskRun } from '../store/task-runs.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { runFired, startJobs } from './boss-jobs.ts'
import type { Task } from './jobs.ts'

const nightly = { every: 'day', hour: 3, minute: 17 } as const

function counting(name: string, fails = false) {
  const runs: Date[] = []
  const task: Task = {
    name,
    rhythm: nightly,
    async run(at) {
      runs.push(at)
      if (fails) throw new Error('broken task')
    },
  }
  return { task, runs }
}
const soon = () => new Promise(resolve => setTimeout(resolve, 300))

test('a slot that was missed while the service was down is made up once at start, and not again', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  const { task, runs } = counting('nightly')
  let at = new Date('2026-03-10T02:00:00Z')
  const deps = { db, now: () => at, onError: (error: unknown) => assert.fail(String(error)) }
  {
    await using _ = await startJobs([task], deps)
    await soon()
    assert.equal(runs.length, 0, 'a first start has missed nothing')
  }
  at = new Date('2026-03-12T09:00:00Z')
  {
    await using _ = await startJobs([task], deps)
    await soon()
    assert.deepEqual(runs, [at], 'two missed nights are one run')
  }
  {
    await using _ = await startJobs([task], deps)
    await soon()
    assert.equal(runs.length, 1)
  }
})

test('a task can be run now, one replica at a time, and a task that fails is not marked as done', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  const good = counting('good')
  const bad = counting('bad', true)
  const at = new Date('2026-03-10T12:00:00Z')
  await db.transaction([], handle => markTaskRun(handle, 'bad', new Date('2026-03-10T05:00:00Z')))
  const deps = { db, now: () => at, onError: () => {} }
  await using jobs = await startJobs([good.task, bad.task], deps)
  await jobs.runNow('good')
  assert.deepEqual(good.runs, [at])
  await assert.rejects(jobs.runNow('bad'), /broken task/)
  const { rows } = await db.transaction([], handle =>
    handle.query<{ last_success: Date }>(`select last_success from task_runs where task = 'bad'`),
  )
  assert.equal(rows[0]?.last_success.toISOString(), '2026-03-10T05:00:00.000Z')
  await assert.rejects(jobs.runNow('unheard-of'), /no task called/)
})

test('a slot fired by a database whose clock is ahead of ours is run, once', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  const { task, runs } = counting('nightly')
  let at = new Date('2026-03-10T03:16:56Z')
  const deps = { db, now: () => at, onError: (error: unknown) => assert.fail(String(error)) }
  await db.transaction([], handle => markTaskRun(handle, 'nightly', new Date('2026-03-09T03:17:02Z')))
  await runFired(task, deps)
  assert.deepEqual(runs, [new Date('2026-03-10T03:17:00Z')])
  at = new Date('2026-03-10T03:17:03Z')
  await runFired(task, deps)
  assert.equal(runs.length, 1, 'another replica with a better clock finds it done')
})
