import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { openApp } from './app.ts'
import { readTasks, rememberTask, type TaskRow } from './store/tasks.ts'
import { checkAnswer } from './testing/check-answer.ts'
import { startWorld, type World } from './testing/start-world.ts'

const lead = { name: 'Jane Doe', phone: '612-555-1212', details: 'metal roof' }
const at = new Date('2026-03-10T12:00:00Z')
const rowsOf = (world: World): Promise<readonly TaskRow[]> => world.app.db.transaction([], readTasks)
const seconds = (text: string, task: string) =>
  Number(text.match(`scheduler_task_last_success_ts{task="${task}"} (\\d+)`)?.[1])

test('after a restart the metrics know when each task last ended well', async () => {
  await using world = await startWorld({ now: () => at })
  const last = new Date('2026-03-10T11:07:03Z')
  await world.app.db.transaction([], handle => rememberTask(handle, 'retention', null, last))
  await using again = await openApp(world.app.config, { now: () => at })
  const text = await again.registry.metrics()
  assert.equal(seconds(text, 'retention'), last.getTime() / 1000)
  assert.equal(seconds(text, 'nightly-retrain'), at.getTime() / 1000, 'a first start has missed nothing')
  for (const series of [
    'scheduler_task_period_seconds{task="nightly-retrain"} 86400',
    'scheduler_task_period_seconds{task="retention"} 3600',
    'scheduler_task_failures_total{task="retention"} 0',
    'scheduler_task_running{task="retention"} 0',
    'scheduler_task_last_success_ahead{task="retention"} 0',
  ])
    assert.ok(text.includes(`\n${series}\n`), series)
})

test('a success in the future is shown as none, and known for an hour after the task has run again', async () => {
  await using world = await startWorld({ now: () => at })
  const later = new Date('2028-03-10T12:00:00Z')
  await world.app.db.transaction([], async handle => {
    await rememberTask(handle, 'nightly-retrain', null, later)
    await handle.query(`update task_runs set paused = true`)
  })
  await using again = await openApp(world.app.config, { now: () => at })
  const text = await again.registry.metrics()
  assert.equal(seconds(text, 'nightly-retrain'), 0)
  const ahead = /^scheduler_task_last_success_ahead\{task="nightly-retrain"\} 1$/m
  assert.match(text, ahead)
  await world.app.db.transaction([], handle => handle.query('update task_runs set paused = false'))
  again.tasks?.missed()
  let after = text
  for (; seconds(after, 'nightly-retrain') !== at.getTime() / 1000; await wait(20))
    after = await again.registry.metrics()
  assert.match(after, ahead)
})

test('a start with every task due leaves the door answering: they run one after another, and all end well', async () => {
  await using world = await startWorld({ now: () => at })
  await world.call('/v1/lead', { body: lead })
  {
    await using _ = await openApp(world.app.config, { now: () => at })
  }
  const names = (await rowsOf(world)).map(row => row.task)
  assert.equal(names.length, 7)
  // As if the service had been down for two days.
  await world.app.db.transaction([], handle =>
    handle.query(`update task_runs set last_success = '2026-03-08T12:00:00Z', state = null`),
  )
  await using again = await openApp(world.app.config, { now: () => at, checkAnswer })
  const url = await again.listen()
  const key = await world.key('operator')
  const answers: string[] = []
  const seen = new Set<string>()
  let rows: readonly TaskRow[]
  do {
    rows = await rowsOf(world)
    const held = rows.filter(row => row.held).map(row => row.task)
    assert.ok(held.length <= 1, `at once: ${held}`)
    for (const task of held) seen.add(task)
    assert.ok(rows.every(row => row.state !== 'failed'))
    const headers = { 'x-api-key': key, 'content-type': 'application/json' }
    const posted = await fetch(`${url}/v1/lead`, { method: 'POST', headers, body: JSON.stringify(lead) })
    answers.push(`${posted.status} ${(await fetch(`${url}/ready`)).status}`)
  } while (rows.some(row => row.state !== 'ok'))
  assert.ok(
    answers.every(answer => answer === '200 200'),
    answers.join(),
  )
  const starts = rows.map(row => row.startedAt?.getTime())
  assert.ok(starts.every(start => start === at.getTime()))
})
