import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { lineMetrics } from '../../metrics/line-metrics.ts'
import { installed } from '../../pods.ts'
import { runDirectly } from '../../runtime/run-task.ts'
import { countStates } from '../../store/conservation.ts'
import { tenantsOf } from '../../store/tenants.ts'
import { openTestDatabase, type TestDatabase } from '../../store/test-database.ts'
import {
  approve,
  leadOf,
  letAct,
  messageOf,
  openActingCore,
  openWorker,
  operatorOf,
  record,
  setMode,
  takeOvers,
} from '../../testing/acting-core.ts'
import { openConservation } from './open-conservation.ts'

const at = new Date('2026-11-21T10:00:00Z')
const later = new Date('2026-11-21T10:41:00Z')
const now = () => later

/** One case of every event result: done, cancelled by a touch, asked, approved, and asked for by the customer. */
async function everyEventResult(database: TestDatabase): Promise<void> {
  await using core = await openActingCore(database, () => at)
  const { db } = database
  for (const tenant of ['acts', 'asks']) {
    await letAct(db, tenant)
    await db.transaction([tenant], handle => handle.query('insert into tenant_directory values ($1)', [tenant]))
  }
  await db.transaction(['asks'], handle => setMode(handle, 'asks', 'asking'))
  await record(core, at, leadOf('acts', 'done'), leadOf('acts', 'touched'), leadOf('acts', 'reviewed'))
  await record(core, at, messageOf('acts', 'touched'))
  await record(core, at, leadOf('asks', 'waiting'), leadOf('asks', 'approved'))
  await approve(db, 'asks', 'approved', at)
  await using worker = openWorker(db, now)
  await worker.sweep()
  await worker.drain()
  await takeOvers(db, now).requestReview(operatorOf('acts'), 'reviewed', 'please', 'r')
}

interface Account {
  readonly lost: number
  readonly metrics: string
}

async function account({ db }: TestDatabase): Promise<Account> {
  const registry = new Registry()
  const {
    lost,
    tasks: [task],
  } = openConservation({ db, clock: { monotonicMs: () => now().getTime() }, pods: installed.pods, metrics: registry })
  lineMetrics(registry, installed, () => 0, lost)
  await runDirectly(task, later, () => db.transaction([], tenantsOf))
  return { lost: lost(), metrics: await registry.metrics() }
}

test('a span has its first moment and not its last: no case is counted in two hours', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await everyEventResult(database)
  const counted = (from: number, to: number) =>
    database.db.transaction(['asks'], async handle => {
      const span = [new Date(at.getTime() + from), new Date(at.getTime() + to)] as const
      const rows = await countStates(handle, 'asks', 'customer-ops', ...span)
      return rows.reduce((sum, { cases }) => sum + Number(cases), 0)
    })
  assert.deepEqual([await counted(-1000, 0), await counted(0, 1), await counted(1, 1000)], [0, 2, 0])
})

test('where every decision stands, and what does not add up, from the tables alone', async t => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await everyEventResult(database)
  const run = (tenant: string, sql: string) => database.db.transaction([tenant], handle => handle.query(sql))

  const whole = await account(database)
  assert.equal(whole.lost, 0)
  for (const [state, cases] of [
    ['acted', 2],
    ['suppressed', 1],
    ['queued', 2],
  ] as const)
    assert.ok(
      whole.metrics.includes(`decision_state{pod="customer-ops",question="main",state="${state}"} ${cases}\n`),
      whole.metrics,
    )
  assert.match(whole.metrics, /^lead_conservation_imbalance 0$/m)

  const faults: readonly [string, string, string][] = [
    ['the transition of what a touch cancelled', 'acts', `delete from transitions where case_id = 'touched'`],
    ['the transition of what was approved', 'asks', `delete from transitions where case_id = 'approved'`],
    ['the place in the inbox of what waits', 'asks', `delete from inbox where case_id = 'waiting'`],
    ['the place in the inbox of a requested review', 'acts', `delete from inbox where case_id = 'reviewed'`],
    ['the act of what was done', 'acts', `delete from acts where case_id = 'done'`],
    ['where a chain begins', 'acts', `update transitions set from_state = 'expired' where case_id = 'touched'`],
    [
      'a link of a chain',
      'acts',
      `insert into transitions select tenant_id, pod, case_id, decision_id, recorded_at + interval '1 second', action,
        'expired', 'suppressed', reason, actor from transitions where case_id = 'touched'`,
    ],
  ]
  for (const [what, tenant, sql] of faults) {
    await run(tenant, 'create table kept_transitions as select * from transitions')
    await run(tenant, 'create table kept_inbox as select * from inbox')
    await run(tenant, 'create table kept_acts as select * from acts')
    await run(tenant, sql)
    const { lost, metrics } = await account(database)
    assert.equal(lost, 1, what)
    assert.match(metrics, /^lead_conservation_imbalance 1$/m, what)
    for (const table of ['transitions', 'inbox', 'acts']) {
      await run(tenant, `delete from ${table}`)
      await run(tenant, `insert into ${table} select * from kept_${table}`)
      await run(tenant, `drop table kept_${table}`)
    }
    assert.equal((await account(database)).lost, 0, `put back: ${what}`)
    t.diagnostic(`noticed: ${what}`)
  }
})

test('what another replica was to look at since is nobody’s news here', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await everyEventResult(database)
  await database.db.transaction(['asks'], handle => handle.query('delete from inbox'))
  let clock = later
  const {
    lost,
    tasks: [task],
  } = openConservation({
    db: database.db,
    clock: { monotonicMs: () => clock.getTime() },
    pods: installed.pods,
    metrics: new Registry(),
  })
  await runDirectly(task, later, () => database.db.transaction([], tenantsOf))
  assert.equal(lost(), 2)
  clock = new Date(later.getTime() + 2 * 3_600_000 + 1)
  assert.equal(lost(), 0)
})

test('a tenant whose books cannot be read: the others are counted, what is known to be lost stays, no sum is half', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  await everyEventResult(database)
  const registry = new Registry()
  let broken = ''
  const db: typeof database.db = {
    ...database.db,
    transaction(tenants, work) {
      if (tenants.includes(broken)) return Promise.reject(new Error('its schema is gone'))
      return database.db.transaction(tenants, work)
    },
  }
  const {
    lost,
    tasks: [task],
  } = openConservation({ db, clock: { monotonicMs: () => now().getTime() }, pods: installed.pods, metrics: registry })
  const count = () => runDirectly(task, later, () => database.db.transaction([], tenantsOf))
  const queued = async () =>
    (await registry.metrics()).match(
      /^decision_state\{pod="customer-ops",question="main",state="queued"\} (\d+)$/m,
    )?.[1]
  await count()
  assert.deepEqual([lost(), await queued()], [0, '2'])
  await database.db.transaction(['asks'], handle => handle.query('delete from inbox'))
  broken = 'acts'
  await assert.rejects(count(), /its schema is gone/)
  assert.deepEqual([lost(), await queued()], [2, '2'], 'the one that can be read is counted')
  broken = 'asks'
  await assert.rejects(count(), /its schema is gone/)
  assert.deepEqual([lost(), await queued()], [2, '2'], 'nothing is found again by not looking')
})
