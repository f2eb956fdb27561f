import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Moved } from '../../runtime/events.ts'
import { countInboxes, mostCounted } from '../../store/inbox-counts.ts'
import { ensurePartitions } from '../../store/partitions.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { countReads, keepUncounted } from '../../testing/count-reads.ts'
import { sweepInbox } from './close.ts'
import { actorOf, openTestInbox } from './testing/queue-cases.ts'
import { mostAtTheDoor, pickFree } from './walk.ts'

/** What the doors of the inbox read does not grow with the number of cases that wait: counted in rows and pages, not in time. */
const database = await openTestDatabase({ poolSize: 2 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const now = new Date('2026-03-10T09:00:00Z')
await db.transaction([], handle => ensurePartitions(handle, new Date('2026-02-25T00:00:00Z'), now))
await keepUncounted(db, ['inbox', 'outcomes', 'decisions', 'events', 'event_keys', 'fences', 'transitions'])

const sizes = { small: 1.2 * mostCounted, large: 3.6 * mostCounted }

/** The decision on a case, by its number. */
const decisionId = `md5('decision ' || n)::uuid`

/** Open cases, one in nine blinded and one unlocking, the newest first; `expired` of them are past their time. */
async function fill(tenant: string, cases: number, expired: number): Promise<void> {
  const given = `(select n, case when n <= $4 then $2::timestamptz - interval '7 days 1 hour' - n * interval '1 second'
    else $2::timestamptz - n * interval '5 days' / $3 end as at from generate_series(1, $3::int) n) given`
  await db.transaction([tenant], async handle => {
    await handle.query(
      `insert into decisions (tenant_id, decision_id, pod, case_id, subject, event_id, occurred_at, recorded_at,
          schema_hash, features, enrichment, calibration_size, policy_version, threshold, action, mode, gate, automatic,
          propensity, state, reason, latency_us)
        select $1, ${decisionId}, 'customer-ops', 'C' || n, 's', 'C' || n, at, at, 'base', '[]', '{}', 0, 0, .7,
          'start_followup', 'acting', 'certified', false, 1, 'queued', 'not_certified', 1 from ${given}`,
      [tenant, now, cases, expired],
    )
    await handle.query(
      `insert into inbox (tenant_id, pod, case_id, decision_id, recorded_at, action, urgency, due_at, expires_at, unlocks,
          draw, reason, audit, blinded)
        select $1, 'customer-ops', 'C' || n, ${decisionId}, at, 'start_followup', n % 3, at + interval '4 hours',
          at + interval '7 days', n % 9 = 0,
          case when n % 9 < 3 then n * 7919 % 9973 / 9973.0 else 1 end, 'not_certified', false, n % 9 = 1 from ${given}`,
      [tenant, now, cases, expired],
    )
  })
}

await fill('small', sizes.small, 0)
await fill('large', sizes.large, 0)

for (const statistics of ['without statistics', 'with statistics'] as const)
  for (const generic of [false, true])
    test(`three times as many waiting cases make no door read more, ${statistics}${generic ? ', under plans for all values' : ''}`, async () => {
      if (statistics === 'with statistics') await db.transaction([], handle => handle.query('analyze inbox'))
      const counted = countReads(db, { generic })
      const { service } = openTestInbox(counted, { now })
      const read = async (tenant: string, door: (actor: ReturnType<typeof actorOf>) => Promise<unknown>) => {
        const actor = actorOf('ann', 'operator', tenant)
        counted.takeReads()
        await door(actor)
        return counted.takeReads()
      }
      const second = async (tenant: string) =>
        (await service.list(actorOf('ann', 'operator', tenant), { order: 'unlock', limit: 50 })).next!
      const cursors = { small: await second('small'), large: await second('large') }
      const doors: { [name: string]: (actor: ReturnType<typeof actorOf>) => Promise<unknown> } = {
        list: actor => service.list(actor, { order: 'urgency', limit: 50 }),
        'list by unlock': actor => service.list(actor, { order: 'unlock', limit: 50 }),
        'the second page': actor =>
          service.list(actor, { order: 'unlock', limit: 50, cursor: cursors[actor.tenant as 'small' | 'large'] }),
        'list of an idle pod': actor => service.list(actor, { order: 'urgency', limit: 50, pod: 'table' }),
        counts: actor => service.list({ ...actor, role: 'viewer' }, { order: 'urgency', limit: 50 }),
        async next(actor) {
          const given = await service.next(actor, { order: 'urgency', except: [] })
          await service.release(actor, given.case!.case_id, given.lease_token!)
        },
        async 'next by unlock'(actor) {
          const given = await service.next(actor, { order: 'unlock', except: [] })
          await service.release(actor, given.case!.case_id, given.lease_token!)
        },
      }
      for (const [name, door] of Object.entries(doors)) {
        const [few, many] = [await read('small', door), await read('large', door)]
        const told = `${name} read ${JSON.stringify(few)} of ${sizes.small} cases, ${JSON.stringify(many)} of ${sizes.large}`
        assert.ok(many.rows <= few.rows + 20 && many.pages <= 1.5 * few.pages + 50, told)
        assert.ok(many.rows <= mostCounted + 1_000, told)
      }
    })

test('more cases than are counted are said to be at least so many; fewer are counted', async () => {
  const { service } = openTestInbox(db, { now })
  const countsOf = async (tenant: string) =>
    (await service.list(actorOf('v', 'viewer', tenant), { order: 'urgency', limit: 1 })).counts
  await fill('few', 500, 0)
  const few = await countsOf('few')
  assert.deepEqual([few.open, few.lower_bounds], [500, undefined])
  const many = await countsOf('large')
  assert.deepEqual([many.open, many.lower_bounds], [mostCounted, ['open', 'overdue', 'oldest']])
  // They were queued evenly over five days and expire after seven: none is so old that it ends today.
  assert.equal(many.expiring_today, 0)
  assert.equal(many.oldest, new Date(now.getTime() - 5 * 86_400_000).toISOString())
})

test('those who watch the service are told of all tenants, of each up to what is counted', async () => {
  await fill('watched', 300, 0)
  const of = (...tenants: string[]) => db.read(tenants, reader => countInboxes(reader, tenants, ['customer-ops'], now))
  assert.deepEqual(await of(), { open: 0, leased: 0, overdue: 0 })
  const watched = await of('watched')
  assert.equal(watched.open, 300)
  assert.ok(watched.overdue > 200 && watched.overdue < 300, `${watched.overdue}`)
  assert.equal((await of('watched', 'large', 'small')).open, 300 + 2 * mostCounted)
})

test('thousands past their time are passed by at once: none is shown or handed out, few are closed, the rest is told', async () => {
  await fill('late', 6_000, 5_000)
  const counted = countReads(db)
  const { deps, service } = openTestInbox(counted, { now })
  const told: string[] = []
  Object.assign(deps, { overdue: (tenant: string) => void told.push(tenant) })
  const actor = actorOf('ann', 'operator', 'late')
  const openAndLate = async () =>
    db.transaction(['late'], async handle => {
      const { rows } = await handle.query<{ n: number }>(
        `select count(*) as n from inbox where state = 'open' and expires_at <= $1`,
        [now],
      )
      return rows[0]!.n
    })
  const before = await openAndLate()
  const { items, counts } = await service.list(actor, { order: 'urgency', limit: 50 })
  assert.ok(items.every(item => item.expires_at > now.toISOString()))
  assert.equal(counts.open, 1_000)
  const between = await openAndLate()
  assert.ok(before - between > 0 && before - between <= 50, `${before - between} closed`)
  assert.deepEqual(told, ['late'])
  const next = await service.next(actor, { order: 'urgency', except: [] })
  assert.ok(next.case !== null && next.case.expires_at > now.toISOString())

  const pages: string[] = []
  let cursor: string | undefined
  do {
    const page = await service.list(actor, {
      order: 'urgency',
      limit: 200,
      ...(cursor === undefined ? {} : { cursor }),
    })
    pages.push(...page.items.map(item => item.case_id))
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  assert.equal(new Set(pages).size, pages.length)
  await sweepInbox(deps, ['late'], now)
  assert.equal(await openAndLate(), 0)
})

test('one transaction passes by so much and no more; the next goes on there, until somebody is handed what is free', async () => {
  await fill('deep', 9_000, 8_990)
  const way = { tenant: 'deep', pods: ['customer-ops'], order: 'urgency', at: now, after: null } as const
  const first = await db.transaction(['deep'], tx => pickFree(tx, way, []))
  assert.deepEqual([first.row, first.over.length], [null, mostAtTheDoor + 1])
  const second = await db.transaction(['deep'], tx => pickFree(tx, { ...way, after: first.next }, []))
  assert.ok(second.row !== null && second.row.expiresAt > now)

  const { deps, service } = openTestInbox(db, { now })
  const told: string[] = []
  Object.assign(deps, { overdue: (tenant: string) => void told.push(tenant) })
  const { case: given } = await service.next(actorOf('ann', 'operator', 'deep'), { order: 'urgency', except: [] })
  assert.equal(given?.case_id, second.row.caseId)
  assert.ok(told.includes('deep'))
})

test('the first sweep of all reads no outcome from before what waits, and closes what expired before what is known', async () => {
  await fill('upgraded', 9, 1)
  await db.transaction(['upgraded'], handle =>
    handle.query(
      `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, occurred_at, recorded_at)
        select 'upgraded', 'o' || n, 'customer-ops', case when n = 0 then 'C5' else 'old' || n end, 'ghosted', 0, 'reported', at, at
        from generate_series(0, 3000) n, lateral (
          select case when n = 0 then $1::timestamptz else $1::timestamptz - interval '11 days' - n * interval '1 second' end as at
        ) t`,
      [now],
    ),
  )
  const counted = countReads(db)
  const { deps } = openTestInbox(counted, { now })
  const reasons: (string | null)[] = []
  Object.assign(deps, { moved: (moves: readonly Moved[]) => void reasons.push(...moves.map(one => one.reason)) })
  counted.takeReads()
  await sweepInbox(deps, ['upgraded'], now)
  const { rows } = counted.takeReads()
  assert.ok(rows < 1_000, `${rows} rows`)
  assert.deepEqual(reasons, ['queue_ttl', 'outcome_known'])
})
