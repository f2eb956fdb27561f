import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type VirtualClock, virtualClock } from './runtime/clock.ts'
import type { Context } from './runtime/context.ts'
import { type Listen, openListen } from './runtime/listen.ts'
import { every } from './runtime/loop.ts'
import { openRateTotals } from './runtime/rate-totals.ts'
import { processesPresent } from './store/rate-totals.ts'
import { rememberTenant } from './store/tenants.ts'
import { openTestDatabase, type TestDatabase } from './store/test-database.ts'
import { startWorld, type World } from './testing/start-world.ts'
import { rateLimiter } from './transport/http/rate-limit.ts'

let database: TestDatabase
before(async () => {
  database = await openTestDatabase()
  await database.db.transaction(['acme'], tx => rememberTenant(tx, 'acme'))
})
after(() => database[Symbol.asyncDispose]())

const start = new Date('2026-03-10T12:00:00Z')

/** The counts of one process with their exchange, on a clock that is moved by hand. */
interface Process extends AsyncDisposable {
  readonly clock: VirtualClock
  readonly told: unknown[]
  /** How many processes it has heard of. */
  known(): number
  /** As many requests as are let in of those that come. */
  send(requests: number, caller?: string, limit?: number): number
  turn(): Promise<void>
}

/** A connection that was ended a moment ago may still be counted. */
const onlyServe = async (processes: number): Promise<void> => {
  while ((await database.db.transaction([], processesPresent)) > processes) await wait(20)
}

async function openProcess(): Promise<Process> {
  await using stack = new AsyncDisposableStack()
  const clock = virtualClock(start)
  const told: unknown[] = []
  const onError = (error: unknown) => void told.push(error)
  const { db } = database
  const listen: Listen = stack.use(await openListen({ db, clock, onError }))
  const limiter = rateLimiter(100)
  let turning: Promise<unknown> = Promise.resolve()
  const loops: Context['every'] = loop =>
    every({
      ...loop,
      clock,
      onError,
      work() {
        turning = loop.work()
        return turning
      },
    })
  let known = 0
  const { among, ...counts } = limiter.counts
  const heard = (processes: number, alone: boolean) => {
    known = processes
    among(processes, alone)
  }
  const rates = stack.use(await openRateTotals({ db, clock, onError, every: loops }, { ...counts, among: heard }))
  await listen.add(rates)
  const open = stack.move()
  return {
    clock,
    told,
    known: () => known,
    send(requests, caller = 'k', limit = 200) {
      let passed = 0
      for (let k = 0; k < requests; k++)
        if (limiter.take(caller, 'v1', limit, clock.monotonicMs(), undefined, 'acme').allowed) passed++
      return passed
    },
    async turn() {
      await clock.advanceTo(new Date(clock.now().getTime() + 1_000))
      await turning.catch(() => undefined)
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** News of who serves is heard on a connection, in its own time: a turn later everybody holds a part. */
async function settled(...processes: Process[]): Promise<void> {
  while (processes.some(one => one.known() < processes.length)) await wait(5)
  for (const one of processes) await one.turn()
}

const rows = (): Promise<readonly { caller: string }[]> =>
  database.db.transaction(
    ['acme'],
    async tx => (await tx.query<{ caller: string }>('select key_id as caller from rate_totals')).rows,
  )

test('two processes together hold a limit within a tenth, however much comes to both at once', async () => {
  await onlyServe(0)
  await using a = await openProcess()
  await using b = await openProcess()
  await settled(a, b)
  let passed = 0
  for (let turn = 0; turn < 20; turn++) {
    passed += a.send(500) + b.send(500)
    await Promise.all([a.turn(), b.turn()])
  }
  assert.ok(passed >= 180 && passed <= 220, `${passed} of 200`)
  assert.equal(a.send(10) + b.send(10), 0)
})

test('a caller of one of two processes gets its limit there within the minute', async () => {
  await onlyServe(0)
  await using a = await openProcess()
  await using b = await openProcess()
  await settled(a, b)
  let passed = 0
  for (let turn = 0; turn < 20; turn++) {
    passed += a.send(40, 'one')
    await Promise.all([a.turn(), b.turn()])
  }
  assert.ok(passed >= 180 && passed <= 200, `${passed} of 200`)
  assert.ok(b.send(500, 'one') <= 20, 'what is spent in the one is spent in the other')
})

test('a process alone lets a whole minute in at once, and one that starts again goes on with that minute', async () => {
  await onlyServe(0)
  {
    await using a = await openProcess()
    assert.equal(a.send(150, 'again'), 150)
    await a.turn()
  }
  await onlyServe(0)
  {
    await using again = await openProcess()
    assert.equal(again.send(500, 'again'), 50)
    assert.equal(again.send(500, 'fresh'), 200)
  }
})

test('while the database refuses each process counts alone, says so once, and shares again afterwards', async () => {
  await onlyServe(0)
  await using a = await openProcess()
  await using b = await openProcess()
  await settled(a, b)
  await database.db.transaction([], tx => tx.query('alter table rate_totals rename to gone'))
  const first = a.send(500, 'apart') + b.send(500, 'apart')
  for (let turn = 0; turn < 4; turn++) {
    await a.turn()
    await b.turn()
    a.send(1, 'apart')
    b.send(1, 'apart')
  }
  assert.ok(first <= 20)
  assert.ok(a.send(500, 'alone') === 200 && b.send(500, 'alone') === 200)
  assert.deepEqual([a.told.length, b.told.length], [1, 1])
  await database.db.transaction([], tx => tx.query('alter table gone rename to rate_totals'))
  await settled(a, b)
  await settled(a, b)
  assert.ok(a.send(500, 'shared') + b.send(500, 'shared') <= 20)
})

test('nothing is asked while nothing is counted, and minutes that are over are removed', async () => {
  await onlyServe(0)
  await using a = await openProcess()
  a.send(3, 'last')
  await a.turn()
  assert.ok((await rows()).some(({ caller }) => caller === 'last'))
  await database.db.transaction(['acme'], tx => tx.query(`update rate_totals set since = since - interval '2 min'`))
  for (let turn = 0; turn < 61; turn++) await a.turn()
  assert.deepEqual(await rows(), [])
  // A statement on it would fail now.
  await database.db.transaction([], tx => tx.query('alter table rate_totals rename to gone'))
  for (let turn = 0; turn < 120; turn++) await a.turn()
  await database.db.transaction([], tx => tx.query('alter table gone rename to rate_totals'))
  assert.deepEqual(a.told, [])
})

test('two services on one database hold the limit of a key within a tenth, and a stop comes through both', async () => {
  await using one = await startWorld({ database })
  await using two = await startWorld({ database })
  await wait(1_200)
  const key = await one.key('operator', 'acme', { leads: 200, ops: 10 })
  const tell = async (world: World, path: string, body: unknown) => {
    const { status, headers } = await world.call(path, { key, body })
    return { passed: status !== 429, later: Number(headers.get('retry-after') ?? 0) > 1 }
  }
  let passed = 0
  const full = new Set<World>()
  while (full.size < 2)
    await Promise.all(
      [one, two].map(async world => {
        // Nothing that could be stored: what is counted comes before the body.
        const answers = await Promise.all(Array.from({ length: 60 }, () => tell(world, '/v1/lead', {})))
        passed += answers.filter(answer => answer.passed).length
        if (answers.some(answer => answer.later)) full.add(world)
      }),
    )
  assert.ok(passed >= 180 && passed <= 220, `${passed} of 200`)
  for (const world of [one, two]) {
    const others = Array.from({ length: 12 }, () =>
      tell(world, '/ops/mode', { action: '*', mode: 'asking', reason: 'try' }),
    )
    await Promise.all(others)
    for (let k = 0; k < 12; k++)
      assert.equal((await tell(world, '/ops/mode', { action: '*', mode: 'stopped', reason: 'try' })).passed, true)
  }
})

test('whoever is left alone has the whole limit again, a minute after the other went', async () => {
  await onlyServe(0)
  await using a = await openProcess()
  {
    await using b = await openProcess()
    await settled(a, b)
    assert.ok(a.send(500, 'both') <= 20)
  }
  await onlyServe(1)
  for (let turn = 0; turn < 63; turn++) {
    a.send(1, 'busy')
    await a.turn()
  }
  assert.equal(a.send(500, 'left'), 200)
})

test('what comes at once to one of two services is let in, though it was handed nothing yet, and a database that refuses ends the wait', async () => {
  await using stack = new AsyncDisposableStack()
  const one = stack.use(await startWorld({ database }))
  stack.use(await startWorld({ database }))
  await wait(1_200)
  const refused = async (requests: number, v1 = 60) => {
    const key = await one.key('operator', 'acme', { v1 })
    const body = { details: 'Please send a quote' }
    const answers = await Promise.all(Array.from({ length: requests }, () => one.call('/v1/preview', { key, body })))
    assert.ok(answers.every(({ status }) => status === 200 || status === 429))
    return answers.filter(({ status }) => status === 429).length
  }
  assert.equal(await refused(20), 0)
  // What it did not need it gave back meanwhile.
  await wait(2_500)
  assert.equal(await refused(10), 0)
  assert.ok((await refused(100)) >= 64, 'the limit is held all the same')
  await one.app.db.owner.transaction([], tx => tx.query('alter table rate_totals rename to gone'))
  assert.equal(await refused(20, 61), 0, 'without an exchange nobody waits in vain')
  await one.app.db.owner.transaction([], tx => tx.query('alter table gone rename to rate_totals'))
})
