import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { InboxItem } from '@surety/contract'
import { customerOps } from '@surety/pod-customer-ops'
import { table } from '@surety/pod-table'
import { openTestDatabase } from '../../store/test-database.ts'
import { actorOf, openTestInbox, queueCases, writeOutcome } from './testing/queue-cases.ts'

const database = await openTestDatabase({ poolSize: 8 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const start = new Date('2026-03-10T09:00:00Z')
const minutes = (n: number) => new Date(start.getTime() + n * 60_000)
const ask = { order: 'urgency', except: [] } as const

test('eight people at once are given each of 200 cases exactly once', async () => {
  const tenant = 'crowd'
  await queueCases(
    db,
    Array.from({ length: 200 }, (_, i) => ({ id: `C${i}`, at: start, tenant, urgency: (i % 3) as 0 | 1 | 2 })),
  )
  const { service } = openTestInbox(db, { now: minutes(1) })
  const given: string[] = []
  await Promise.all(
    Array.from({ length: 8 }, async (_, worker) => {
      const actor = actorOf(`w${worker}`, 'operator', tenant)
      for (;;) {
        const { case: item, lease_token } = await service.next(actor, ask)
        if (item === null) return
        given.push(item.case_id)
        await service.answer(actor, item.case_id, { answer: 'decline', lease_token: lease_token! })
      }
    }),
  )
  assert.equal(given.length, 200)
  assert.equal(new Set(given).size, 200)
  const { counts } = await service.list(actorOf('v', 'viewer', tenant), { order: 'urgency', limit: 10 })
  assert.deepEqual(counts, { open: 0, leased: 0, overdue: 0, expiring_today: 0, oldest: null })
})

test('a lease that a wrong clock gave for years is none: the case is given to the next, counted as waiting, and answered', async () => {
  const tenant = 'ahead'
  const clock = { now: new Date('2099-01-01T00:00:00Z') }
  const { service } = openTestInbox(db, clock)
  await queueCases(db, [{ id: 'A', at: clock.now, tenant, dueMinutes: 300 }])
  const [ann, bob] = [actorOf('ann', 'operator', tenant), actorOf('bob', 'operator', tenant)]
  const old = await service.next(ann, ask)
  assert.equal(old.case?.case_id, 'A')
  clock.now = minutes(1)
  const { items, counts } = await service.list(bob, { order: 'urgency', limit: 10 })
  assert.deepEqual([items[0]?.lease, counts.leased], [null, 0])
  const given = await service.next(bob, ask)
  assert.equal(given.case?.case_id, 'A')
  await assert.rejects(service.extend(ann, 'A', old.lease_token!), { code: 'lease_lost' })
  await service.answer(bob, 'A', { answer: 'decline', lease_token: given.lease_token! })
})

test('two calls of one key at once are given one case; a lease that ran out returns it to the others', async () => {
  const tenant = 'lease'
  const clock = { now: minutes(1) }
  const { service } = openTestInbox(db, clock)
  await queueCases(db, [
    { id: 'A', at: start, tenant },
    { id: 'B', at: minutes(0.1), tenant, dueMinutes: 300 },
  ])
  const [ann, bob] = [actorOf('ann', 'operator', tenant), actorOf('bob', 'operator', tenant)]
  const [one, two] = await Promise.all([service.next(ann, ask), service.next(ann, ask)])
  assert.deepEqual([one.case?.case_id, one.lease_token], ['A', two.lease_token])
  assert.equal((await service.next(bob, ask)).case?.case_id, 'B')
  assert.equal((await service.next(actorOf('cas', 'operator', tenant), ask)).case, null)
  const { counts } = one
  assert.deepEqual([counts.open, counts.leased], [2, 1])

  clock.now = minutes(10)
  const until = await service.extend(bob, 'B', (await service.next(bob, ask)).lease_token!)
  assert.equal(until.toISOString(), minutes(20).toISOString())
  clock.now = minutes(11)
  await assert.rejects(service.extend(ann, 'A', one.lease_token!), { code: 'lease_lost' }, 'it ends at its moment')
  clock.now = minutes(12)
  await assert.rejects(service.answer(ann, 'A', { answer: 'approve', lease_token: one.lease_token! }), {
    code: 'lease_lost',
    status: 409,
  })
  const taken = await service.next(actorOf('cas', 'operator', tenant), ask)
  assert.equal(taken.case?.case_id, 'A')
  assert.notEqual(taken.lease_token, one.lease_token)
  await assert.rejects(service.extend(ann, 'A', taken.lease_token!), { code: 'lease_lost' }, 'a token is its own')
})

test('what was given back is free at once, and whoever gave it back may ask for another one', async () => {
  const tenant = 'release'
  const { service } = openTestInbox(db, { now: minutes(1) })
  await queueCases(db, [
    { id: 'A', at: start, tenant, dueMinutes: 10 },
    { id: 'B', at: start, tenant, dueMinutes: 20 },
  ])
  const ann = actorOf('ann', 'operator', tenant)
  const first = await service.next(ann, ask)
  await service.release(ann, 'A', first.lease_token!)
  await assert.rejects(service.release(ann, 'A', first.lease_token!), { code: 'lease_lost' })
  assert.equal((await service.next(ann, { ...ask, except: ['A'] })).case?.case_id, 'B')
  assert.equal((await service.next(actorOf('bob', 'operator', tenant), ask)).case?.case_id, 'A')
})

test('a token of before answers nothing, also where whoever holds it has the case in hand again', async () => {
  const tenant = 'again'
  const { service } = openTestInbox(db, { now: minutes(1) })
  await queueCases(db, [{ id: 'A', at: start, tenant }])
  const ann = actorOf('ann', 'operator', tenant)
  const before = (await service.next(ann, ask)).lease_token!
  await service.release(ann, 'A', before)
  const now = (await service.next(ann, ask)).lease_token!
  assert.notEqual(now, before)
  await assert.rejects(service.answer(ann, 'A', { answer: 'decline', lease_token: before }), { code: 'lease_lost' })
  await service.answer(ann, 'A', { answer: 'decline', lease_token: now })
})

test('nobody is handed a case that has expired or whose outcome is known; each leaves with its transition', async () => {
  const tenant = 'settled'
  const clock = { now: minutes(1) }
  const { service } = openTestInbox(db, clock)
  await queueCases(db, [
    { id: 'known', at: start, tenant },
    { id: 'open', at: start, tenant, urgency: 2 },
    { id: 'unsure', at: start, tenant, urgency: 2, dueMinutes: 300 },
    { id: 'old', at: start, tenant, expiresDays: 1, urgency: 0 },
    { id: 'audited', at: start, tenant, audit: true, blinded: true, done: true },
  ])
  const outcome = (id: string, word: string, at: Date) =>
    writeOutcome(db, { tenant, ...customerOps.report(id, word, null) }, at)
  await outcome('known', 'booked', minutes(1))
  await outcome('audited', 'ghosted', minutes(1))
  await outcome('unsure', 'nurture', minutes(1))
  clock.now = minutes(2 * 1440)
  const next = await service.next(actorOf('ann', 'operator', tenant), ask)
  assert.equal(next.case?.case_id, 'open')
  const { items, counts } = await service.list(actorOf('bob', 'operator', tenant), { order: 'urgency', limit: 10 })
  assert.deepEqual(
    items.map(item => item.case_id),
    ['open', 'unsure'],
  )
  assert.equal(counts.open, 2)
  const moves = await db.transaction([tenant], handle =>
    handle.query<{ case_id: string; to_state: string; reason: string }>(
      'select case_id, to_state, reason from transitions where tenant_id = $1 order by case_id',
      [tenant],
    ),
  )
  // What was done before its audit stays done.
  assert.deepEqual(moves.rows, [
    { case_id: 'known', to_state: 'suppressed', reason: 'outcome_known' },
    { case_id: 'old', to_state: 'expired', reason: 'queue_ttl' },
  ])
})

test('pages follow each other without gap or repeat in both orders; a cursor of another list is refused', async () => {
  const tenant = 'pages'
  const { service } = openTestInbox(db, { now: minutes(1) })
  await queueCases(
    db,
    Array.from({ length: 25 }, (_, i) => ({
      id: `P${String(i).padStart(2, '0')}`,
      at: start,
      tenant,
      pod: i % 2 === 0 ? customerOps : table,
      urgency: (i % 3) as 0 | 1 | 2,
      unlocks: i % 4 === 0,
      blinded: i % 5 === 0,
      // Many share a place, and two differ in the last digit alone.
      draw: [1, 0.1 + 0.2, 0.3, 5e-8][i % 4]!,
    })),
  )
  const actor = actorOf('ann', 'operator', tenant)
  for (const order of ['urgency', 'unlock'] as const) {
    const seen: InboxItem[] = []
    let cursor: string | undefined
    do {
      const page = await service.list(actor, { order, limit: 4, ...(cursor === undefined ? {} : { cursor }) })
      seen.push(...page.items)
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    assert.equal(seen.length, 25)
    assert.equal(new Set(seen.map(item => item.case_id)).size, 25)
    const whole = await service.list(actor, { order, limit: 200 })
    assert.deepEqual(
      whole.items.map(item => item.case_id),
      seen.map(item => item.case_id),
    )
    const { case: first } = await service.next(actor, { order, except: [] })
    assert.equal(first?.case_id, seen[0]?.case_id)
    await service.release(actor, first!.case_id, (await service.next(actor, { order, except: [] })).lease_token!)
  }
  const { next } = await service.list(actor, { order: 'urgency', limit: 4 })
  const foreign = { order: 'unlock', limit: 4, cursor: next! } as const
  await assert.rejects(service.list(actor, foreign), { code: 'validation_failed' })
  await assert.rejects(service.list(actorOf('x', 'operator', 'other'), { ...foreign, order: 'urgency' }), {
    code: 'validation_failed',
  })
  const one = await service.list(actor, { order: 'urgency', limit: 200, pod: 'table' })
  assert.deepEqual([one.items.length, one.counts.open], [12, 12])
  await assert.rejects(service.list(actor, { order: 'urgency', limit: 4, pod: 'no-such' }), {
    code: 'validation_failed',
  })
})

test('viewers see counts alone, only admins see who holds a case, and another tenant sees nothing', async () => {
  const tenant = 'roles'
  const { service } = openTestInbox(db, { now: minutes(1) })
  await queueCases(db, [{ id: 'A', at: start, tenant, dueMinutes: 0.5 }])
  const { lease_token } = await service.next(actorOf('ann', 'operator', tenant), ask)
  const all = { order: 'urgency', limit: 10 } as const
  const seen = await service.list(actorOf('v', 'viewer', tenant), all)
  assert.deepEqual(seen.items, [])
  assert.deepEqual(seen.counts, {
    open: 1,
    leased: 1,
    overdue: 1,
    expiring_today: 0,
    oldest: start.toISOString(),
  })
  const lease = async (actor: ReturnType<typeof actorOf>) => (await service.list(actor, all)).items[0]?.lease
  assert.deepEqual(await lease(actorOf('bob', 'operator', tenant)), {
    until: minutes(11).toISOString(),
    mine: false,
    holder: null,
  })
  assert.equal((await lease(actorOf('boss', 'admin', tenant)))?.holder, 'key:ann')
  assert.equal((await lease(actorOf('ann', 'operator', tenant)))?.mine, true)

  const stranger = actorOf('ann', 'operator', 'elsewhere')
  assert.equal((await service.list(stranger, all)).counts.open, 0)
  assert.equal((await service.next(stranger, ask)).case, null)
  const notFound = { code: 'case_not_found' }
  await assert.rejects(service.answer(stranger, 'A', { answer: 'approve', lease_token: lease_token! }), notFound)
  await assert.rejects(service.release(stranger, 'A', lease_token!), notFound)
  await assert.rejects(service.undo(stranger, 'A', undefined, 'r'), notFound)
  await assert.rejects(service.undo(actorOf('ann', 'operator', tenant), 'no\0such', undefined, 'r'), notFound)
})

test('taking a case in hand voids what the machine has in mind, but not what it has done and is only audited', async () => {
  const tenant = 'touch'
  const { service } = openTestInbox(db, { now: minutes(1) })
  await queueCases(db, [
    { id: 'done', at: start, tenant, pod: table, audit: true, blinded: true, done: true, urgency: 0 },
    { id: 'pending', at: start, tenant, pod: table, audit: true, blinded: true, done: true, urgency: 1 },
    { id: 'asked', at: start, tenant, urgency: 2 },
  ])
  await db.transaction([tenant], handle => handle.query(`update acts set state = 'done' where case_id = 'done'`))
  const tokens = async () =>
    (
      await db.transaction([tenant], handle =>
        handle.query<{ case_id: string }>('select case_id from fences where tenant_id = $1 order by 1', [tenant]),
      )
    ).rows.map(row => row.case_id)
  for (const key of ['a', 'b', 'c']) await service.next(actorOf(key, 'operator', tenant), ask)
  assert.deepEqual(await tokens(), ['asked', 'pending'])
})
