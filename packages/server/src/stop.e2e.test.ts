import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { pino } from 'pino'
import { openApp } from './app.ts'
import { clientConfig } from './store/db.ts'
import { askForTask, readTasks } from './store/tasks.ts'
import { checkAnswer } from './testing/check-answer.ts'
import { startWorld } from './testing/start-world.ts'

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  for (let turn = 0; !(await holds()); turn++) {
    assert.ok(turn < 1_000, 'it did not come about')
    await wait(20)
  }
}

test('a stop ends while the database hangs: who waits is told, the running task is given back, and no limit of the server is waited for', async () => {
  // Its database stays open while the service under test is closed.
  await using world = await startWorld()
  const said: { err?: { code?: string; message: string }; task?: string }[] = []
  const logger = pino({ level: 'error' }, { write: line => void said.push(JSON.parse(line)) })
  const app = await openApp(world.app.config, { logger, patienceMs: 500, checkAnswer })
  await using stack = new AsyncDisposableStack()
  const url = await app.listen()
  const headers = { 'x-api-key': await world.key('operator'), 'content-type': 'application/json' }
  const lead = async () => {
    const body = JSON.stringify({ name: 'Jane Doe', email: 'jane@example.invalid' })
    const answer = await fetch(`${url}/v1/lead`, { method: 'POST', headers, body })
    return `${answer.status} ${((await answer.json()) as { code?: string }).code ?? 'ok'}`
  }
  assert.equal(await lead(), '200 ok')

  const order: string[] = []
  const holder = new pg.Client(clientConfig(world.database.address, null))
  await holder.connect()
  stack.defer(() => holder.end())
  await holder.query('begin')
  for (const table of ['events', 'messages', 'decisions', 'inbox'])
    await holder.query(`lock table surety.${table} in access exclusive mode`)
  const waiting = async () => {
    const { rows } = await holder.query<{ n: string }>(
      `select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return Number(rows[0]?.n)
  }
  const answered = lead().then(answer => order.push(answer))
  await until(async () => (await waiting()) >= 1)
  const { db } = world.app
  await db.transaction([], handle => askForTask(handle, 'retention', 'test', new Date()))
  app.tasks?.missed()
  const taskOf = async () => (await db.transaction([], readTasks)).find(row => row.task === 'retention')
  await until(async () => (await taskOf())?.held === true && (await waiting()) >= 2)

  const stopped = app[Symbol.asyncDispose]().then(() => order.push('stopped'))
  await Promise.all([answered, stopped])
  order.push('released')
  await holder.query('rollback')
  assert.deepEqual(order, ['503 storage_unavailable', 'stopped', 'released'])
  const task = await taskOf()
  assert.deepEqual([task?.held, task?.state, task?.askedBy], [false, 'stopped', 'test'])
  // 57014: the server ended a statement that had waited for a minute.
  assert.deepEqual(
    said.filter(({ err }) => err?.code === '57014'),
    [],
  )
  const left = said.filter(({ task: by }) => by === 'stop').map(({ err }) => err?.message)
  assert.ok(left.includes('intake did not end in its time and was left'), left.join())
})
