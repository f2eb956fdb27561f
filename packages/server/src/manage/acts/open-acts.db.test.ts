import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RawEvent } from '@surety/contract'
import type { Core } from '../../app/core.ts'
import { touchCase } from '../../store/fences.ts'
import { openTestDatabase, type TestDatabase } from '../../store/test-database.ts'
import {
  approve,
  leadOf,
  letAct,
  messageOf,
  openActingCore,
  openWorker,
  outcomeOf,
  record,
  setMode,
} from '../../testing/acting-core.ts'
import { openSuperuser, type Superuser } from '../../testing/superuser.ts'

const at = new Date('2026-11-21T10:00:00Z')
let clock = at
const now = () => clock
let database: TestDatabase
let superuser: Superuser
let core: Core
let tenants = 0

test.before(async () => {
  database = await openTestDatabase({ poolSize: 6 })
  superuser = await openSuperuser(database.address)
  core = await openActingCore(database, now)
})
test.after(async () => {
  await core[Symbol.asyncDispose]()
  await superuser[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})
test.beforeEach(() => {
  clock = at
})

/** A tenant of its own that lets the machine act, with one lead that is to be written to. */
async function tenantWithAct(...more: ((tenant: string, caseId: string) => RawEvent)[]): Promise<string> {
  const tenant = `t${++tenants}`
  await letAct(database.db, tenant)
  await database.db.transaction([tenant], db => db.query('insert into tenant_directory values ($1)', [tenant]))
  await record(core, at, leadOf(tenant, 'one'), ...more.map(make => make(tenant, 'one')))
  return tenant
}

interface Found {
  act: string
  why: string | null
  sent: number
  moves: string
  inbox: string | null
}

async function found(tenant: string): Promise<readonly Found[]> {
  const { rows } = await database.db.transaction([tenant], db =>
    db.query<Found>(
      `select a.state as act, a.reason as why,
        (select count(*)::int from outbox o where o.tenant_id = $1 and o.case_id = a.case_id) as sent,
        coalesce((select string_agg(t.from_state || '>' || t.to_state || ':' || t.reason, ' ' order by t.recorded_at)
          from transitions t where t.tenant_id = $1 and t.case_id = a.case_id), '') as moves,
        (select i.state || ':' || i.reason from inbox i where i.tenant_id = $1 and i.case_id = a.case_id) as inbox
      from acts a where a.tenant_id = $1 order by a.recorded_at, a.automatic desc`,
      [tenant],
    ),
  )
  return rows
}

/** One sweep of a process that knows of nothing, to its end. */
async function sweepOnce(): Promise<void> {
  const worker = openWorker(database.db, now)
  await worker.sweep()
  await worker[Symbol.asyncDispose]()
}

const inMode = (tenant: string, mode: string, more?: string) =>
  database.db.transaction([tenant], db => setMode(db, tenant, mode, more))

const done = { act: 'done', why: null, sent: 1, moves: '', inbox: null }

test('what was committed before the process died is done by the next one, once, with one redacted message', async () => {
  const tenant = await tenantWithAct()
  assert.deepEqual(await found(tenant), [{ ...done, act: 'pending', sent: 0 }])
  await Promise.all([sweepOnce(), sweepOnce(), sweepOnce()])
  await sweepOnce()
  assert.deepEqual(await found(tenant), [done])
  const { rows } = await database.db.transaction([tenant], db =>
    db.query<{ text: string; step: string; channel: string }>('select text, step, channel from outbox'),
  )
  assert.deepEqual(rows, [
    { step: 'first', channel: 'outbox', text: 'Follow-up to a quote enquiry: thank you for writing to us.' },
  ])
})

test('a worker is woken for what its own batches commit, without a sweep', async () => {
  const tenant = await tenantWithAct()
  await using worker = openWorker(database.db, now)
  worker.wake([tenant])
  await worker.drain()
  assert.deepEqual(await found(tenant), [done])
})

test('what a person, the customer or an outcome did first voids the act', async () => {
  const spoken = await tenantWithAct(messageOf)
  const booked = await tenantWithAct(outcomeOf)
  await sweepOnce()
  const cancelled = { act: 'cancelled', sent: 0, inbox: null }
  assert.deepEqual(await found(spoken), [
    { ...cancelled, why: 'message_user', moves: 'acted>suppressed:human_took_over' },
  ])
  assert.deepEqual(await found(booked), [
    { ...cancelled, why: 'outcome_known', moves: 'acted>suppressed:outcome_known' },
  ])
})

test('modes changed since the decision: stopped and dry run end it, asking and a suspension hand it to a person', async () => {
  const ends: readonly [string, string | undefined, string, string | null][] = [
    ['stopped', undefined, 'suppressed:followups_off', null],
    ['dry_run', undefined, 'suppressed:dry_run', null],
    ['asking', undefined, 'queued:mode_asking', 'open:mode_asking'],
    ['acting', 'suspended_at = now()', 'queued:suspended_by_tripwire', 'open:suspended_by_tripwire'],
  ]
  for (const [mode, more, end, inbox] of ends) {
    const tenant = await tenantWithAct()
    await database.db.transaction([tenant], db => db.query(`update decisions set gate = 'certified'`))
    await inMode(tenant, mode, more)
    await sweepOnce()
    const why = end.slice(end.indexOf(':') + 1)
    assert.deepEqual(await found(tenant), [{ act: 'cancelled', why, sent: 0, moves: `acted>${end}`, inbox }], mode)
  }
})

test('a suspension holds for what the plain rule decided just before it, too', async () => {
  const tenant = await tenantWithAct()
  await inMode(tenant, 'acting', 'suspended_at = now()')
  await sweepOnce()
  const [one] = await found(tenant)
  assert.deepEqual([one?.act, one?.why, one?.sent], ['cancelled', 'suspended_by_tripwire', 0])
})

test('what a person approved waits its time, is done while the machine may only ask, and is held back by a stop alone', async () => {
  for (const [mode, acted] of [
    ['asking', true],
    ['stopped', false],
  ] as const) {
    clock = at
    const tenant = `t${++tenants}`
    await letAct(database.db, tenant)
    await inMode(tenant, 'asking')
    await database.db.transaction([tenant], db => db.query('insert into tenant_directory values ($1)', [tenant]))
    await core.active.refresh(tenant)
    await record(core, at, leadOf(tenant, 'one'))
    await approve(database.db, tenant, 'one', at, new Date(at.getTime() + 30_000))
    await inMode(tenant, mode, 'suspended_at = now()')
    clock = new Date(at.getTime() + 29_999)
    await sweepOnce()
    assert.equal((await found(tenant))[0]?.act, 'pending', 'not before its time')
    clock = new Date(at.getTime() + 30_000)
    await sweepOnce()
    const moves = 'queued>acted:approved_by_human'
    const inbox = 'answered:mode_asking'
    const stopped = { act: 'cancelled', why: 'followups_off', sent: 0, inbox }
    assert.deepEqual(
      await found(tenant),
      acted ? [{ ...done, moves, inbox }] : [{ ...stopped, moves: `${moves} acted>suppressed:followups_off` }],
    )
  }
})

test('an approval stands where the machine would have acted: its own act is void and moves nothing', async () => {
  const tenant = await tenantWithAct()
  await approve(database.db, tenant, 'one', at)
  await sweepOnce()
  assert.deepEqual(
    (await found(tenant)).map(({ act, why, sent }) => [act, why, sent]),
    [
      ['cancelled', 'approved', 1],
      ['done', null, 1],
    ],
  )
  assert.equal((await found(tenant))[0]?.moves, 'acted>acted:approved_by_human')
})

test('an outcome that came with history and touched nothing is seen as well', async () => {
  const tenant = await tenantWithAct()
  await database.db.transaction([tenant], db =>
    db.query(
      `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, occurred_at, recorded_at, quality)
        values ($1, 'o', 'customer-ops', 'one', 'booked', 1, 'imported', $2, $2, 'imported')`,
      [tenant, at],
    ),
  )
  await sweepOnce()
  assert.equal((await found(tenant))[0]?.moves, 'acted>suppressed:outcome_known')
})

test('while a person is touching a case the others are served, and the case as soon as the touch is known', async () => {
  const tenant = await tenantWithAct()
  await record(core, at, leadOf(tenant, 'two'))
  const held = Promise.withResolvers<void>()
  const holds = Promise.withResolvers<void>()
  // A fence that is there already is passed over; one that is just being made is waited for.
  await database.db.transaction([tenant], db =>
    db.query(`insert into fences values ($1, 'one', 0, 'act', $2)`, [tenant, at]),
  )
  const touching = database.db.transaction([tenant], async db => {
    await touchCase(db, tenant, 'one', 'claimed', at)
    holds.resolve()
    await held.promise
  })
  await holds.promise
  await sweepOnce()
  assert.deepEqual(
    (await found(tenant)).map(one => one.act).sort(),
    ['done', 'pending'],
    'the other case was not kept waiting',
  )
  held.resolve()
  await touching
  await sweepOnce()
  assert.deepEqual((await found(tenant)).map(one => one.act).sort(), ['cancelled', 'done'])
})

test('a stop that is being written is waited for: nothing is performed under the state before it', async () => {
  const tenant = await tenantWithAct()
  const held = Promise.withResolvers<void>()
  const holds = Promise.withResolvers<void>()
  const stopping = database.db.transaction([tenant], async db => {
    await setMode(db, tenant, 'stopped')
    holds.resolve()
    await held.promise
  })
  await holds.promise
  const performing = sweepOnce()
  while ((await superuser.waiting()) === 0);
  assert.equal((await found(tenant))[0]?.act, 'pending')
  held.resolve()
  await stopping
  await performing
  assert.equal((await found(tenant))[0]?.why, 'followups_off')
})

test('a failure leaves everything as it was, and the next sweep goes on', async () => {
  const tenant = await tenantWithAct()
  await database.db.transaction([], db => db.query('alter table outbox add constraint no check (false) not valid'))
  await assert.rejects(sweepFailing(), /no/)
  assert.deepEqual(await found(tenant), [{ ...done, act: 'pending', sent: 0 }])
  await database.db.transaction([], db => db.query('alter table outbox drop constraint no'))
  await sweepOnce()
  assert.deepEqual(await found(tenant), [done])
})

async function sweepFailing(): Promise<void> {
  const errors: unknown[] = []
  const worker = openWorker(database.db, now, { onError: error => errors.push(error) })
  await worker.sweep()
  await worker[Symbol.asyncDispose]()
  if (errors.length > 0) throw errors[0]
}
