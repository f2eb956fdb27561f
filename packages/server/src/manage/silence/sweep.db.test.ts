import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { EventResult, Pod, RawEvent } from '@surety/contract'
import type { Core } from '../../app/core.ts'
import { podNamed } from '../../pods.ts'
import { momentsFrom } from '../../runtime/cron.ts'
import { readEligible } from '../../store/calibration-rows.ts'
import type { Database, Tx } from '../../store/db.ts'
import { ensurePartitions } from '../../store/partitions.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { leadOf, messageOf, openActingCore, outcomeOf } from '../../testing/acting-core.ts'
import { keepUncounted } from '../../testing/count-reads.ts'
import { readingPages } from '../../testing/read-pages.ts'
import { readLabels } from '../autonomy/read-labels.ts'
import { putDecisions } from '../autonomy/testing/settled-cases.ts'
import { verifyLedger } from '../receipts/verify-ledger.ts'
import { type Swept, sweepSilence, type ToldBySilence } from './sweep.ts'

/** Of the test that runs: each has one of its own on the one database. */
let tenant = ''
let tenants = 0
const leads = podNamed('customer-ops')
const [question] = leads.questions
const start = Date.parse('2026-10-01T10:00:00Z')
const dayMs = 86_400_000
const day = (n: number): Date => new Date(start + n * dayMs)

interface World {
  readonly db: Database
  readonly core: Core
  /** One batch through the line on that day; all of it is recorded. */
  tell(days: number, ...raws: RawEvent[]): Promise<void>
  /** @param before called with what the sweep is about to send, at each try */
  sweep(
    days: number,
    options?: {
      pod?: Pod
      before?: (raws: readonly RawEvent[]) => Promise<void>
      most?: number
      sweptAt?: (ended: Date) => Date
    },
  ): Promise<Swept | null>
  /** Word, label, source and quality of what counts of each case; cases without an outcome are left out. */
  counts(): Promise<{ readonly [caseId: string]: readonly unknown[] }>
  outcomes(): Promise<number>
}

async function openLine(): Promise<AsyncDisposable & { readonly db: Database; readonly core: Core }> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openTestDatabase({ poolSize: 6 }))
  const { db } = database
  await db.transaction([], handle => ensurePartitions(handle, day(0), day(100)))
  const core = stack.use(
    await openActingCore(database, () => day(0), {
      newChain: randomUUID,
      secrets: { dataKeys: [randomBytes(32)], piiRoot: randomBytes(32) },
    }),
  )
  const open = stack.move()
  return { db, core, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

const shared = await openLine()
after(() => shared[Symbol.asyncDispose]())

/** @param line on a database of its own, where what others left would show */
function openWorld({ db, core }: Pick<World, 'db' | 'core'> = shared): World {
  tenant = `tenant-${++tenants}`
  const run = (at: Date, raws: readonly RawEvent[]): Promise<readonly EventResult[]> =>
    core.run(raws.map(raw => ({ raw, at, startedMs: 0 })))
  const rows = async (text: string) =>
    (await db.read([tenant], handle => handle.query<{ [column: string]: unknown }>(text))).rows
  return {
    db,
    core,
    async tell(days, ...raws) {
      for (const result of await run(day(days), raws))
        assert.equal(result.status, 'recorded', 'code' in result ? result.code : '')
    },
    sweep: (days, { pod = leads, before, most, sweptAt } = {}) =>
      sweepSilence(
        {
          db,
          async submit(told) {
            const raws = told.map(({ raw }) => raw)
            await before?.(raws)
            return core.run(told.map(one => ({ ...one, startedMs: 0 })))
          },
          ...(sweptAt !== undefined && { sweptAt }),
          ...(most !== undefined && { mostSettled: most }),
        },
        tenant,
        pod,
        pod.questions[0],
        day(days),
      ),
    async counts() {
      const found = await rows(
        `select d.case_id, o.outcome, o.label, o.source, o.quality
          from decisions d, latest_outcome('${tenant}', 'customer-ops', d.case_id, d.recorded_at, 'main') o order by 1`,
      )
      return Object.fromEntries(
        found.map(({ case_id, outcome, label, source, quality }) => [case_id, [outcome, label, source, quality]]),
      )
    },
    outcomes: async () => (await rows('select event_id from outcomes')).length,
  }
}

const told = (caseId: string, outcome: string): RawEvent => ({
  ...outcomeOf(tenant, caseId),
  data: { lead_id: caseId, outcome },
})
const saysGhosted = ['ghosted', 0, 'window', 'silence'] as const

test('silence for 31 days is ghosted with label 0; what was heard keeps its word, and what was settled stays', async () => {
  const world = openWorld()
  const ids = ['silent', 'qualified', 'nurture', 'booked', 'spam']
  await world.tell(0, ...ids.map(id => leadOf(tenant, id)))
  await world.tell(1, told('qualified', 'qualified'), told('booked', 'booked'), told('spam', 'spam'))
  await world.tell(20, told('nurture', 'nurture'))
  assert.deepEqual(await world.sweep(29.9), { looked: 0, settled: 0, moved: 0, more: false })
  assert.equal((await world.sweep(31))?.settled, 2)
  assert.deepEqual(await world.counts(), {
    silent: saysGhosted,
    qualified: ['qualified', 0, 'window', 'silence'],
    nurture: ['nurture', null, 'reported', 'human'],
    booked: ['booked', 1, 'reported', 'human'],
    spam: ['spam', 0, 'reported', 'human'],
  })
  assert.equal((await world.sweep(49))?.settled, 0)
  assert.equal((await world.sweep(50.1))?.settled, 1, 'the window runs from the newest word that settles nothing')
  assert.deepEqual((await world.counts())['nurture'], ['nurture', 0, 'window', 'silence'])
  const before = await world.outcomes()
  assert.deepEqual(await world.sweep(50.2), { looked: 0, settled: 0, moved: 0, more: false })
  assert.equal(await world.outcomes(), before)
})

test('a run that did not hear of its answer does everything twice, and nothing is told twice', async () => {
  const world = openWorld()
  await world.tell(0, leadOf(tenant, 'A'), leadOf(tenant, 'B'))
  const stopped = world.sweep(31, {
    async before(raws) {
      await world.core.run(raws.map(raw => ({ raw, at: day(31), startedMs: 0 })))
      throw new Error('the process was killed')
    },
  })
  await assert.rejects(stopped, /killed/)
  assert.equal(await world.outcomes(), 2)
  assert.deepEqual(await world.sweep(31), { looked: 2, settled: 0, moved: 0, more: false })
  assert.equal(await world.outcomes(), 2)
})

test('what somebody touches between the look and the writing is looked at again, and only written where it is silent still', async () => {
  const world = openWorld()
  await world.tell(0, ...['booked', 'wrote', 'silent'].map(id => leadOf(tenant, id)))
  let tries = 0
  const swept = await world.sweep(31, {
    async before() {
      if (tries++ === 0) await world.tell(31, told('booked', 'booked'), messageOf(tenant, 'wrote'))
    },
  })
  assert.equal(tries, 2)
  assert.deepEqual(swept, { looked: 3, settled: 2, moved: 0, more: false })
  assert.deepEqual(await world.counts(), {
    booked: ['booked', 1, 'reported', 'human'],
    silent: saysGhosted,
    wrote: saysGhosted,
  })
  assert.equal(await world.outcomes(), 3)
})

test('a case that is touched at every try is left to the next run, which finds it', async () => {
  const world = openWorld()
  await world.tell(0, leadOf(tenant, 'busy'))
  const swept = await world.sweep(31, { before: () => world.tell(31, messageOf(tenant, 'busy')) })
  assert.deepEqual([swept?.settled, swept?.moved, await world.outcomes()], [0, 1, 0])
  assert.equal((await world.sweep(31.1))?.settled, 1)
})

test('a late true outcome replaces what silence said, whenever it happened', async () => {
  const world = openWorld()
  await world.tell(0, leadOf(tenant, 'late'), leadOf(tenant, 'earlier'), leadOf(tenant, 'open'))
  await world.sweep(31)
  await world.tell(
    40,
    told('late', 'booked'),
    { ...told('earlier', 'booked'), occurredAt: day(5) },
    told('open', 'qualified'),
  )
  assert.deepEqual(await world.counts(), {
    earlier: ['booked', 1, 'reported', 'human'],
    late: ['booked', 1, 'reported', 'human'],
    open: ['qualified', null, 'reported', 'human'],
  })
  assert.equal((await world.sweep(69))?.settled, 0)
  assert.equal((await world.sweep(70.1))?.settled, 1)
  assert.deepEqual((await world.counts())['open'], ['qualified', 0, 'window', 'silence'])
})

test('a customer who writes after silence opens the case again in the very statement of the message, and the window begins anew', async () => {
  const world = openWorld()
  const ids = ['ghosted', 'qualified', 'agent', 'reported', 'never']
  await world.tell(0, ...ids.map(id => leadOf(tenant, id)))
  await world.tell(1, told('qualified', 'qualified'), told('never', 'booked'))
  await world.sweep(31)
  await world.tell(33, told('reported', 'spam'))
  const say = (id: string, role: string): RawEvent => ({
    ...messageOf(tenant, id),
    data: { lead_id: id, role, text: 'hello' },
  })
  await world.tell(35, say('agent', 'agent'))
  // Two messages of one batch open it once; what an agent says does not, and keeps nothing from the customer.
  await world.tell(36, say('ghosted', 'user'), say('ghosted', 'user'), ...ids.slice(1).map(id => say(id, 'user')))
  await world.tell(37, ...ids.map(id => say(id, 'user')))
  const opened = ['reactivated', null, 'reactivated', 'silence']
  const settled = { never: ['booked', 1, 'reported', 'human'], reported: ['spam', 0, 'reported', 'human'] }
  assert.deepEqual(await world.counts(), { ...settled, agent: opened, ghosted: opened, qualified: opened })
  assert.equal(await world.outcomes(), 2 + 4 + 1 + 3)
  assert.equal((await world.sweep(65.9))?.settled, 0)
  assert.equal((await world.sweep(66.1))?.settled, 3)
  assert.deepEqual(await world.counts(), {
    ...settled,
    agent: saysGhosted,
    ghosted: saysGhosted,
    qualified: ['qualified', 0, 'window', 'silence'],
  })
  await world.tell(70, say('ghosted', 'user'))
  assert.deepEqual((await world.counts())['ghosted'], opened)
  const ledger = await verifyLedger(world.db, tenant)
  assert.deepEqual([ledger.problems, ledger.records], [[], 5 + (await world.outcomes())])
})

test('of silence and a message that meet, whoever is second sees the first', async () => {
  const world = openWorld()
  await world.tell(0, leadOf(tenant, 'L'))
  const messages: Promise<void>[] = []
  // The message waits for the fence that the silence holds, in a statement that began before the silence was committed.
  await world.db.transaction([tenant], async handle => {
    await handle.query(
      `insert into fences (tenant_id, case_id, token, reason, at, silence_token) values ($1, 'L', 0, 'silence', $2, 0)`,
      [tenant, day(31)],
    )
    await handle.query(
      `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, quality, occurred_at, recorded_at)
        values ($1, 's', 'customer-ops', 'L', 'ghosted', 0, 'window', 'silence', $2, $2)`,
      [tenant, day(31)],
    )
    messages.push(world.tell(31.001, messageOf(tenant, 'L')))
    await untilWaitedFor(handle)
  })
  await Promise.all(messages)
  assert.deepEqual((await world.counts())['L'], ['reactivated', null, 'reactivated', 'silence'])
  const sweeps: Promise<Swept | null>[] = []
  await world.db.transaction([tenant], async handle => {
    await handle.query(`update fences set token = token + 1 where tenant_id = $1 and case_id = 'L'`, [tenant])
    sweeps.push(world.sweep(90))
    await untilWaitedFor(handle)
  })
  const [after] = await Promise.all(sweeps)
  assert.equal(after?.settled, 1, 'it was looked at again, under the token that had moved')
  assert.equal(await world.outcomes(), 3)
})

/** Somebody waits for what this transaction holds. */
async function untilWaitedFor(holder: Tx): Promise<void> {
  const waiting = `select from pg_locks where not granted and locktype = 'transactionid'
    and transactionid = pg_current_xact_id()::xid`
  while ((await holder.query(waiting)).rowCount === 0) await setTimeout(10)
}

test('days are a setting of the tenant, 0 is never, and shorter days reach what longer ones had left', async () => {
  const world = openWorld()
  const set = (version: number, days: number) =>
    world.db.transaction([tenant], handle =>
      handle.query(
        `insert into settings (tenant_id, pod, question, name, version, value, recorded_at, actor)
          values ($1, 'customer-ops', 'main', 'policy', $2, $3, now(), 'test')`,
        [tenant, version, JSON.stringify({ threshold: 0.7, silence_days: days })],
      ),
    )
  for (const n of [0, 10, 20]) await world.tell(n, leadOf(tenant, `L${n}`))
  await set(1, 0)
  assert.equal(await world.sweep(31), null)
  await set(2, 25)
  assert.equal((await world.sweep(31))?.settled, 1)
  await set(3, 60)
  assert.equal((await world.sweep(31.1))?.settled, 0)
  await set(4, 7)
  assert.equal((await world.sweep(31.2))?.settled, 2)
  const never: Pod = { ...leads, questions: [{ ...question, silence: { ...question.silence!, days: 0 } }] }
  await world.db.transaction([tenant], handle => handle.query('delete from settings'))
  assert.equal(await world.sweep(99, { pod: never }), null)
})

test('a mark that a wrong clock left keeps silence from nothing: it counts as none', async () => {
  const world = openWorld()
  await world.tell(0, leadOf(tenant, 'old'))
  await world.sweep(40)
  await world.tell(41, leadOf(tenant, 'new'))
  await world.db.transaction([tenant], handle => handle.query(`update retention_marks set done_until = '2099-01-01'`))
  assert.equal((await world.sweep(80))?.settled, 1)
  assert.deepEqual(await world.counts(), { old: saysGhosted, new: saysGhosted })
})

test('years of old cases are settled in bounded runs, each going on where the last one ended', async () => {
  const world = openWorld()
  for (let n = 0; n < 5; n++)
    await world.tell(n, ...Array.from({ length: 150 }, (_, i) => leadOf(tenant, `L${n}-${i}`)))
  const runs = []
  for (let run = 0; run < 3; run++) runs.push(await world.sweep(100, { most: 300 }))
  assert.deepEqual(
    runs.map(run => [run?.settled, run?.more]),
    [
      [400, true],
      [300, true],
      [50, false],
    ],
  )
  assert.equal(await world.outcomes(), 750)
})

test('an hour of sweeping reads no more where eight times as much lies beside it', async () => {
  const pagesOf = async (past: number): Promise<number> => {
    await using line = await openLine()
    const world = openWorld(line)
    await keepUncounted(world.db, ['decisions', 'outcomes'])
    const before = Array.from({ length: past }, (_, n) => ({
      caseId: `old-${n}`,
      at: new Date(start + (n * 20 * dayMs) / past),
      probability: 0.5,
      digest: null,
    }))
    await putDecisions(world.db, tenant, leads.name, before)
    await world.sweep(50)
    await world.tell(20.5, ...Array.from({ length: 50 }, (_, n) => leadOf(tenant, `new-${n}`)))
    const { db, take } = readingPages(world.db)
    const submit = (told: readonly ToldBySilence[]) => world.core.run(told.map(one => ({ ...one, startedMs: 0 })))
    const swept = await sweepSilence({ db, submit }, tenant, leads, question, day(50.6))
    assert.equal(swept?.settled, 50)
    return take().reduce((sum, { pages }) => sum + pages, 0)
  }
  const [few, many] = [await pagesOf(400), await pagesOf(3_200)]
  assert.ok(many < 2 * few, `${few} pages beside 400 cases, ${many} beside 3,200`)
})

test('one run for many hours tells what the runs of these hours would have told, each outcome at its own time and in their order', async () => {
  const hourMs = 3_600_000
  const slot = momentsFrom({ cron: '27 * * * *', timeZone: 'UTC' })
  const from = slot(day(30).getTime())
  const slots = Array.from({ length: 96 }, (_, n) => from + n * hourMs)
  const daysAt = (at: number): number => (at - start) / dayMs
  const [words, cases] = [['qualified', 'nurture', 'booked', 'spam'], 300]
  // Some are decided exactly when a window ends at a slot, some a moment after; a word that settles nothing begins the window anew.
  const decidedAt = (n: number): number =>
    n % 50 === 0 ? daysAt(from + n * 0.2 * hourMs) - 30 : n % 50 === 1 ? daysAt(from + 1) - 30 : ((n * 37) % 300) / 100
  const live = async (sweepAll: (world: World) => Promise<void>) => {
    const world = openWorld()
    const order = Array.from({ length: cases }, (_, n) => n).sort((a, b) => decidedAt(a) - decidedAt(b))
    for (const n of order) await world.tell(decidedAt(n), { ...leadOf(tenant, `L${n}`), eventId: `L${n}` })
    for (const n of order)
      if (n % 3 === 0) await world.tell(3 + n / cases / 2, { ...told(`L${n}`, words[n % 4]!), eventId: `told-${n}` })
    await sweepAll(world)
    const text = `select event_id, case_id, outcome, label, source, quality, occurred_at, recorded_at from outcomes order by recorded_at, event_id`
    const outcomes = (await world.db.read([tenant], handle => handle.query(text))).rows
    const marks = `select name, done_until from retention_marks where name like 'silence:%' order by 1`
    return { outcomes, marks: (await world.db.read([tenant], handle => handle.query(marks))).rows }
  }
  const hourly = await live(async world => {
    for (const at of slots) await world.sweep(daysAt(at))
  })
  const together = await live(async world => {
    const sweptAt = (ended: Date): Date => new Date(slot(ended.getTime()))
    // More than a lot at once, nothing at all, one slot alone, the rest.
    for (const at of [70, 70, 71, 95]) await world.sweep(daysAt(slots[at]!), { sweptAt })
  })
  const bySilence = hourly.outcomes.filter(({ source }) => source === 'window')
  assert.ok(bySilence.length > 240 && new Set(bySilence.map(one => String(one['recorded_at']))).size > 60)
  assert.deepEqual(together, hourly)
})

test('what silence said is evidence as what a person told, and follows whatever is heard later', async () => {
  const world = openWorld()
  await world.tell(0, ...['late', 'wrote', 'silent'].map(id => leadOf(tenant, id)))
  await world.sweep(31)
  const evidence = async (days: number) => {
    const place = { pod: leads.name, name: question.name, modelScope: 'all' } as const
    await readLabels(world.db, tenant, place, null, day(days))
    const of = { tenant, pod: leads.name, question: question.name, digest: 'd', now: day(days), maturityMs: 0 }
    const rows = await world.db.read([tenant], reader => readEligible(reader, of))
    return Object.fromEntries(rows.map(({ rowId, label, quality }) => [rowId, [label, quality]]))
  }
  const said = [0, 'silence']
  assert.deepEqual(await evidence(31), { late: said, silent: said, wrote: said })
  await world.tell(32, told('late', 'booked'), messageOf(tenant, 'wrote'))
  assert.deepEqual(await evidence(32), { late: [1, 'human'], silent: said })
})
