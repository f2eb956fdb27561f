import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, beforeEach, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { askForTask, pauseTask, readTasks, scheduleTask, type TaskRow } from '../store/tasks.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { type VirtualClock, virtualClock, wallClock } from './clock.ts'
import type { Task } from './task.ts'
import { openTasks, type TasksOptions } from './tasks.ts'

const database = await openTestDatabase({ poolSize: 2 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
beforeEach(() => db.transaction([], handle => handle.query('delete from task_runs')).then(() => undefined))

const utc = (cron: string) => ({ cron, timeZone: 'UTC' })
const nightly = utc('17 3 * * *')
const at = (text: string): Date => new Date(`2026-03-${text}Z`)
const never = new AbortController().signal

async function rowOf(task: string): Promise<TaskRow> {
  const row = (await db.transaction([], readTasks)).find(one => one.task === task)
  assert.ok(row)
  return row
}
const lastRan = (task: string, moment: Date) =>
  db.transaction([], handle =>
    handle.query(
      `insert into task_runs (task, last_success) values ($1, $2)
       on conflict (task) do update set last_success = excluded.last_success`,
      [task, moment],
    ),
  )

/** Tasks on a clock that only moves when it is told. */
function onVirtual(clock: VirtualClock, tasks: readonly Task[], more: Partial<TasksOptions> = {}) {
  const failures: string[] = []
  const onError = (error: unknown, task: string, tenant?: string) =>
    failures.push([task, ...(tenant === undefined ? [] : [tenant]), String(error)].join(' '))
  const tenants = async () => ['acme', 'borg', 'cyan']
  const options = { db, clock, tasks, leaseMs: 60_000, tenants, signal: never, onError, pollMs: 0, ...more }
  return { failures, open: () => openTasks(options) }
}
function noting(name: string, schedule: Task['schedule'], work: Task['run'] = async () => {}) {
  const runs: string[] = []
  const task: Task = {
    name,
    schedule,
    async run(moment, ...rest) {
      runs.push(moment.toISOString().slice(8, 16))
      await work(moment, ...rest)
    },
  }
  return { task, runs }
}

test('on a virtual clock each run takes place at its moment, in the order of the moments', async () => {
  const clock = virtualClock(at('10T00:00:00'))
  const seen: string[] = []
  const see = (name: string) => async (moment: Date) => void seen.push(`${name} ${moment.toISOString().slice(8, 16)}`)
  const tasks = [
    noting('night', { cron: '30 2 * * *', timeZone: 'Europe/Berlin' }, see('night')).task,
    noting('quarter', utc('0 */6 * * *'), see('quarter')).task,
  ]
  await using _ = await onVirtual(clock, tasks).open()
  assert.deepEqual(seen, [], 'a first start has missed nothing')
  await clock.advanceTo(at('11T06:00:00'))
  assert.deepEqual(seen, [
    'night 10T01:30',
    'quarter 10T06:00',
    'quarter 10T12:00',
    'quarter 10T18:00',
    'quarter 11T00:00',
    'night 11T01:30',
    'quarter 11T06:00',
  ])
})

test('what was missed while the service was down is made up once, whatever the number of slots', async () => {
  const { task, runs } = noting('nightly', nightly)
  await lastRan('nightly', at('08T03:17:00'))
  await using _ = await onVirtual(virtualClock(at('12T09:00:00')), [task]).open()
  assert.deepEqual(runs, ['12T09:00'])
  const { lastSuccess, state, runBy, attempts } = await rowOf('nightly')
  assert.deepEqual([lastSuccess, state, runBy, attempts], [at('12T09:00:00'), 'ok', 'schedule', 0])
})

test('late runs take turns; the pool of two answers others meanwhile, and all six end well', async () => {
  const order: string[] = []
  let atOnce = 0
  const tasks = Array.from(
    { length: 6 },
    (_, i): Task => ({
      name: `task-${i}`,
      schedule: nightly,
      async run() {
        assert.equal(++atOnce, 1)
        order.push(`${i} begins`)
        for (let query = 0; query < 3; query++) await db.transaction([], handle => handle.query('select 1'))
        // All of the pool but one connection would be held if a run held one: two callers get theirs now.
        await Promise.all([0, 1].map(() => db.transaction([], handle => handle.query('select pg_sleep(0.01)'))))
        order.push(`${i} ends`)
        atOnce--
      },
    }),
  )
  for (const { name } of tasks) await lastRan(name, at('01T03:17:00'))
  const { failures, open } = onVirtual(virtualClock(at('12T09:00:00')), tasks)
  await using _ = await open()
  assert.deepEqual(
    order,
    [0, 1, 2, 3, 4, 5].flatMap(i => [`${i} begins`, `${i} ends`]),
  )
  assert.deepEqual(failures, [])
  assert.ok((await db.transaction([], readTasks)).every(row => row.state === 'ok' && !row.held))
})

test('a tenant that throws does not end the run of the next, and is tried again alone within minutes', async () => {
  const clock = virtualClock(at('10T03:16:00'))
  const visits: string[] = []
  let broken = true
  const { task } = noting('nightly', nightly, (moment, _, eachTenant) =>
    eachTenant(async tenant => {
      visits.push(`${moment.toISOString().slice(11, 16)} ${tenant}`)
      if (tenant === 'acme' && broken) throw new Error('feature schema is gone')
    }),
  )
  const { failures, open } = onVirtual(clock, [task])
  await using _ = await open()
  await clock.advanceTo(at('10T03:17:30'))
  assert.deepEqual(visits, ['03:17 acme', '03:17 borg', '03:17 cyan'])
  assert.deepEqual(failures, ['nightly acme Error: feature schema is gone'])
  const failed = await rowOf('nightly')
  assert.deepEqual([failed.state, failed.errorCode, failed.tenantsFailed], ['failed', 'tenants_failed', ['acme']])
  assert.deepEqual(failed.lastSuccess, at('10T03:16:00'))
  await clock.advanceTo(at('10T03:18:30'))
  broken = false
  await clock.advanceTo(at('10T04:00:00'))
  assert.deepEqual(visits.slice(3), ['03:18 acme', '03:20 acme'])
  const { state, tenantsFailed, attempts, lastSuccess } = await rowOf('nightly')
  assert.deepEqual([state, tenantsFailed, attempts, lastSuccess], ['ok', [], 0, at('10T03:20:00')])
  await clock.advanceTo(at('11T03:17:00'))
  assert.deepEqual(visits.slice(5), ['03:17 acme', '03:17 borg', '03:17 cyan'])
})

test('a task about all tenants together is tried again for all of them', async () => {
  const clock = virtualClock(at('10T03:16:00'))
  let visits = 0
  const task: Task = {
    name: 'account',
    schedule: nightly,
    whole: true,
    run: (_, __, eachTenant) =>
      eachTenant(async tenant => {
        visits++
        if (tenant === 'borg' && visits < 4) throw new Error('away')
      }),
  }
  await using _ = await onVirtual(clock, [task]).open()
  await clock.advanceTo(at('10T03:20:00'))
  assert.equal(visits, 6)
})

test('a run that fails as a whole says so by a code, never by a message, and is tried again', async () => {
  const clock = virtualClock(at('10T03:16:00'))
  const { task, runs } = noting('nightly', nightly, async () => {
    throw Object.assign(new Error('Jane Doe is unknown'), { code: 'ENOENT' })
  })
  const { failures, open } = onVirtual(clock, [task])
  await using _ = await open()
  await clock.advanceTo(at('10T03:25:00'))
  assert.deepEqual(runs, ['10T03:17', '10T03:18', '10T03:20', '10T03:24'])
  assert.equal(failures.length, 4)
  const row = await rowOf('nightly')
  assert.deepEqual([row.state, row.errorCode, row.attempts], ['failed', 'ENOENT', 4])
  assert.ok(!JSON.stringify(row).includes('Jane'))
})

test('pause, resume, run now and another schedule are heard', async () => {
  const clock = virtualClock(at('10T00:00:00'))
  const { task, runs } = noting('nightly', nightly)
  await using tasks = await onVirtual(clock, [task]).open()
  const say = (work: Parameters<typeof db.transaction<unknown>>[1]) =>
    db.transaction([], work).then(() => tasks.settle())
  await say(handle => pauseTask(handle, 'nightly', null))
  await clock.advanceTo(at('12T00:00:00'))
  assert.deepEqual(runs, [])
  await say(handle => askForTask(handle, 'nightly', 'key:sty_1', clock.now()))
  assert.deepEqual(runs, ['12T00:00'], 'also while it is paused')
  assert.equal((await rowOf('nightly')).runBy, 'key:sty_1')
  await say(handle => pauseTask(handle, 'nightly', clock.now()))
  await clock.advanceTo(at('12T12:00:00'))
  assert.deepEqual(runs, ['12T00:00', '12T03:17'])
  await say(handle => scheduleTask(handle, 'nightly', { cron: '30 6 * * *', timeZone: 'Asia/Kathmandu' }, clock.now()))
  await clock.advanceTo(at('13T12:00:00'))
  await say(handle => scheduleTask(handle, 'nightly', null, clock.now()))
  await clock.advanceTo(at('14T12:00:00'))
  assert.deepEqual(runs.slice(2), ['13T00:45', '14T03:17'])
})

test('a stop ends the run without a verdict: it is due again at the next start, and so is what a person asked for', async () => {
  const stopping = new AbortController()
  const { task, runs } = noting('nightly', null, async (_, signal) => {
    stopping.abort(new Error('the process stops'))
    signal.throwIfAborted()
  })
  const clock = virtualClock(at('10T09:00:00'))
  const first = onVirtual(clock, [task], { signal: stopping.signal })
  {
    await using tasks = await first.open()
    await db.transaction([], handle => askForTask(handle, 'nightly', 'cli', clock.now()))
    await tasks.settle()
    const row = await rowOf('nightly')
    assert.deepEqual(
      [row.state, row.askedBy, row.attempts, row.held, first.failures.length],
      ['stopped', 'cli', 0, false, 0],
    )
  }
  const again = noting('nightly', null)
  await using _ = await onVirtual(clock, [again.task]).open()
  assert.deepEqual([runs.length, again.runs.length], [1, 1])
})

test('a success in the future keeps nothing from running, and the next one is written as it was', async () => {
  const { task, runs } = noting('nightly', nightly)
  await lastRan('nightly', new Date('2028-03-10T03:17:00Z'))
  const clock = virtualClock(at('10T12:00:00'))
  await using _ = await onVirtual(clock, [task]).open()
  await clock.advanceTo(at('11T04:00:00'))
  assert.deepEqual(runs, ['10T12:00', '11T03:17'])
})

test('a success in the future and a task that fails: it waits between its tries, and others have their turns', async () => {
  const broken = noting('broken', nightly, async () => {
    throw new Error('away')
  })
  const other = noting('other', nightly)
  await lastRan('broken', new Date('2028-03-10T03:17:00Z'))
  await lastRan('other', at('08T03:17:00'))
  const clock = virtualClock(at('10T12:00:00'))
  // As many runs as there are are looked for within one call, so one that never waits is ended here.
  const stopping = new AbortController()
  const onBegin = () => (broken.runs.length > 20 ? stopping.abort() : undefined)
  await using _ = await onVirtual(clock, [broken.task, other.task], { signal: stopping.signal, onBegin }).open()
  await clock.advanceTo(at('10T12:05:00'))
  assert.deepEqual(broken.runs, ['10T12:00', '10T12:01', '10T12:03'])
  assert.deepEqual(other.runs, ['10T12:00'])
})

for (const minutes of [10, -10])
  test(`two processes, one of them ${minutes} minutes off, run an hourly task once an hour`, async () => {
    const start = at('10T00:30:00')
    const right = virtualClock(start)
    const wrong = virtualClock(new Date(start.getTime() + minutes * 60_000))
    const { task, runs } = noting('hourly', utc('7 * * * *'))
    const sharedMs = async () => right.now().getTime()
    // The one whose clock is wrong is the first to begin: it writes the first row.
    await using other = await onVirtual(wrong, [task], { sharedMs }).open()
    await using _ = await onVirtual(right, [task], { sharedMs }).open()
    for (let minute = 0; minute < 180; minute++) {
      await wrong.advanceTo(new Date(wrong.now().getTime() + 60_000))
      await right.advanceTo(new Date(right.now().getTime() + 60_000))
      await other.settle()
    }
    assert.deepEqual(runs, ['10T01:07', '10T02:07', '10T03:07'])
    assert.deepEqual((await rowOf('hourly')).endedAt, at('10T03:07:00'))
  })

test('two processes on one database never run a task twice at once, and each run is one of them', async () => {
  let atOnce = 0
  const runs = { first: 0, second: 0 }
  const by = (name: 'first' | 'second'): Task => ({
    name: 'shared',
    schedule: null,
    async run() {
      runs[name]++
      assert.equal(++atOnce, 1)
      await wait(30)
      atOnce--
    },
  })
  const failures: unknown[] = []
  const open = (task: Task) =>
    openTasks({
      db,
      clock: wallClock(),
      tasks: [task],
      leaseMs: 5_000,
      tenants: async () => [],
      signal: never,
      onError: error => failures.push(error),
      pollMs: 20,
    })
  await using _first = await open(by('first'))
  await using _second = await open(by('second'))
  for (let asked = 1; asked <= 5; asked++) {
    await db.transaction([], handle => askForTask(handle, 'shared', 'test', new Date()))
    for (let row = await rowOf('shared'); row.askedAt !== null || row.held; row = await rowOf('shared')) await wait(10)
    assert.equal(runs.first + runs.second, asked)
  }
  assert.deepEqual(failures, [])
})

test('a run whose process was killed is taken over when its lease has run out, not before', async () => {
  const program = `
    import { openDatabase } from '${new URL('../store/db.ts', import.meta.url).href}'
    import { openTasks } from '${new URL('./tasks.ts', import.meta.url).href}'
    import { wallClock } from '${new URL('./clock.ts', import.meta.url).href}'
    const { address, role } = JSON.parse(process.argv[1])
    const task = { name: 'long', schedule: null, run: () => new Promise(() => console.log('running')) }
    const none = new AbortController().signal
    await openTasks({ db: openDatabase(address, role, 2), clock: wallClock(), tasks: [task], leaseMs: 2000,
      tenants: async () => [], signal: none, onError: console.error, pollMs: 20 })
    setInterval(() => {}, 1000)`
  const given = JSON.stringify({ address: database.address, role: database.role })
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  while (!(await db.transaction([], readTasks)).some(row => row.task === 'long')) await wait(20)
  await db.transaction([], handle => askForTask(handle, 'long', 'test', new Date()))
  await once(child.stdout, 'data')
  // Longer than the lease: it is kept while its process lives.
  await wait(3_000)
  assert.equal((await rowOf('long')).held, true)
  const { task, runs } = noting('long', utc('0 0 1 1 *'))
  const clock = virtualClock(new Date(Date.now() + 120_000))
  const other = onVirtual(clock, [task])
  {
    await using _ = await other.open()
    assert.equal(runs.length, 0)
  }
  child.kill('SIGKILL')
  await ended
  while ((await rowOf('long')).held) await wait(20)
  await using _ = await other.open()
  assert.equal(runs.length, 1)
  assert.deepEqual(other.failures, [])
})

test('a run that lost its task to another is told to end, and writes nothing over what the other does', async () => {
  let told: unknown = null
  const { task } = noting('nightly', nightly, async (_, signal) => {
    await db.transaction([], handle => handle.query(`update task_runs set holder = 'other'`))
    await once(signal, 'abort')
    told = signal.reason
    signal.throwIfAborted()
  })
  await lastRan('nightly', at('08T03:17:00'))
  const { failures, open } = onVirtual(virtualClock(at('12T09:00:00')), [task], { leaseMs: 200 })
  await using _ = await open()
  assert.match(String(told), /lease/)
  assert.match(failures.join('\n'), /another process/)
  const row = await rowOf('nightly')
  assert.deepEqual([row.state, row.lastSuccess], ['running', at('08T03:17:00')])
})
