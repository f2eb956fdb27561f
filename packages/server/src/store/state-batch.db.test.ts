import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { Json } from '@surety/contract'
import pg from 'pg'
import { bumpEpoch } from './autonomy-epochs.ts'
import { emptyBatch } from './batch-rows.ts'
import { clientConfig } from './db.ts'
import type { KeyRow } from './event-keys.ts'
import { inHalves } from './in-halves.ts'
import type { OutcomeRow } from './outcomes.ts'
import { ensurePartitions } from './partitions.ts'
import { writeRecentDay } from './recent-event-keys.ts'
import { type Compute, fitting, type HeldWrites, type Recalled, type StatePlan } from './state-batch.ts'
import { openTestDatabase, type TestDatabase } from './test-database.ts'
import { LocksHeld } from './write-errors.ts'
import { openWriter, type Writer } from './writer.ts'

const now = new Date('2027-03-01T12:00:00Z')
let database: TestDatabase
let superuser: pg.Client

test.before(async () => {
  database = await openTestDatabase({ poolSize: 4 })
  superuser = new pg.Client(clientConfig(database.address, null))
  await superuser.connect()
  await database.db.transaction([], db => ensurePartitions(db, now, now))
})
test.after(async () => {
  await superuser.end()
  await database[Symbol.asyncDispose]()
})

const keyOf = (tenant: string, eventId: string): KeyRow => ({
  tenant,
  eventId,
  caseId: null,
  kind: 'k',
  payloadHash: Buffer.alloc(16),
  recordedAt: now,
  decisionId: null,
  caseKinds: null,
})

/** One event that names groups of one name. */
const plan = (
  tenant: string,
  eventId: string,
  named: readonly string[],
  more: Partial<StatePlan<null>> = {},
): StatePlan<null> => ({
  tenant,
  pod: 'p',
  keys: [keyOf(tenant, eventId)],
  ranks: ['g'],
  named,
  follow: [],
  state: [{ kind: 'count', group: 'g', buckets: null }],
  ask: async () => null,
  ...more,
})

/** Adds one to the count of each held group. */
const counting =
  (of: StatePlan<null>): Compute<null, readonly number[]> =>
  ({ fresh, groups, state }) => {
    const keys = of.keys.filter(key => fresh.has(key.eventId))
    if (keys.length === 0) return { ...nothing, done: [] }
    const counts = [...groups.values()].map(group => ({
      group,
      count: Number(state.get(group.id)?.get('count')?.get('') ?? 0) + 1,
    }))
    return {
      ...nothing,
      batch: { ...emptyBatch, keys },
      groups: counts.map(({ group }) => ({ ...group, tenant: of.tenant, pod: of.pod, version: group.version + 1 })),
      rows: counts.map(({ group, count }) => rowOf(of, group.id, String(count))),
      done: counts.map(({ count }) => count),
    }
  }
const nothing = {
  batch: emptyBatch,
  groups: [],
  rows: [],
  evaluations: [],
  cases: [],
  caseKeys: [],
  waiting: [],
  refused: [],
}
const rowOf = ({ tenant, pod }: StatePlan<null>, group: string, value: string) => ({
  tenant,
  pod,
  group,
  kind: 'count',
  bucket: '',
  value,
  updatedAt: now,
})
const count = (writer: Writer, of: StatePlan<null>): Promise<readonly number[] | 'again'> =>
  writer.writeHeld(of, counting(of))

/** The groups and rows of a tenant, and the ids that are remembered. */
async function stored(of: string) {
  return await database.db.read([of], async reader => {
    const groups = await reader.query<{ id: string; version: number }>(
      'select group_key as id, version from groups where tenant_id = $1 order by 1',
      [of],
    )
    const rows = await reader.query<{ id: string; value: Json }>(
      `select group_key || chr(10) || kind || chr(10) || bucket as id, value from state_rows where tenant_id = $1 order by 1`,
      [of],
    )
    const keys = await reader.query<{ id: string }>(
      'select event_id as id from event_keys where tenant_id = $1 order by 1',
      [of],
    )
    return {
      versions: new Map(groups.rows.map(row => [row.id, row.version])),
      rows: new Map(rows.rows.map(row => [row.id, row.value])),
      keys: keys.rows.map(row => row.id),
    }
  })
}

test('two processes that fold into one group, and into groups that nobody has named before, lose nothing', async () => {
  await using first = await openWriter(database.db, { connections: 0 })
  await using second = await openWriter(database.db, { connections: 0 })
  await Promise.all(
    [first, second].map(async (writer, who) => {
      for (let n = 0; n < 250; n++) await count(writer, plan('hot', `${who}-${n}`, ['g:hot', `g:new${n}`]))
    }),
  )
  const { rows, versions } = await stored('hot')
  assert.equal(rows.get('g:hot\ncount\n'), 500)
  assert.equal(versions.get('g:hot'), 500)
  for (let n = 0; n < 250; n++) assert.equal(rows.get(`g:new${n}\ncount\n`), 2, `new${n}`)
})

test('who has waited for a group sees what was committed meanwhile, in rows that were not there before too', async () => {
  await using writer = await openWriter(database.db, { connections: 0 })
  await count(writer, plan('waits', 'first', ['g:a']))
  let waiting: Promise<readonly number[] | 'again'> | undefined
  await database.db.transaction(['waits'], async db => {
    await db.query(`select 1 from groups where tenant_id = 'waits' for no key update`)
    waiting = count(writer, plan('waits', 'second', ['g:a'], { state: [{ kind: 'count', group: 'g', buckets: null }] }))
    const blocked = () =>
      superuser.query(
        'select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0',
      )
    while ((await blocked()).rowCount === 0);
    await db.query(`update state_rows set value = '40' where tenant_id = 'waits'`)
    await db.query(
      `insert into state_rows select tenant_id, pod, group_key, kind, 'late', '1', updated_at from state_rows where tenant_id = 'waits'`,
    )
  })
  assert.deepEqual(await waiting, [41])
})

test('what is asked for beside the state is read under the locks, in the same round trip', async () => {
  await using writer = await openWriter(database.db, { connections: 0 })
  const seen = await writer.writeHeld(
    {
      ...plan('asks', 'e', ['g:a']),
      ask: async db =>
        (await db.query<{ n: number }>(`select count(*)::int as n from event_keys where tenant_id = 'asks'`)).rows[0]!
          .n,
    },
    ({ asked }: Recalled<number>) => ({ ...nothing, done: asked }),
  )
  assert.equal(seen, 1, 'the key is written before it is asked')
  assert.deepEqual((await stored('asks')).keys, [], 'and is gone again, because nothing was to be written')
})

test('an id that was there before leaves the batch, and again leaves nothing behind', async () => {
  await using writer = await openWriter(database.db, { connections: 0 })
  const of = plan('twice', 'e', ['g:a'])
  assert.equal(await writer.writeHeld(of, () => 'again'), 'again')
  assert.deepEqual((await stored('twice')).keys, [])
  assert.deepEqual(await count(writer, of), [1])
  assert.deepEqual(await count(writer, of), [])
  assert.equal((await stored('twice')).rows.get('g:a\ncount\n'), 1)
})

test('a refused event is as if it had never come; its neighbours are recorded', async () => {
  await using writer = await openWriter(database.db, { connections: 0 })
  const of = plan('refuses', 'good', ['g:a'], { keys: ['bad', 'good'].map(id => keyOf('refuses', id)) })
  await writer.writeHeld(of, recalled => {
    const writes = counting(of)(recalled)
    if (writes === 'again') return writes
    return {
      ...writes,
      batch: { ...writes.batch, keys: writes.batch.keys.filter(key => key.eventId === 'good') },
      refused: ['bad'],
    }
  })
  assert.deepEqual((await stored('refuses')).keys, ['good'])
  assert.deepEqual(await count(writer, plan('refuses', 'bad', ['g:a'])), [2], 'it may come again')
})

test('ids with an end are remembered, and taken back, like the others', async () => {
  await using writer = await openWriter(database.db, { connections: 0 })
  await writeRecentDay(database.db, now)
  const of = (eventId: string) => plan('ends', eventId, ['g:a'], { keys: [{ ...keyOf('ends', eventId), ends: true }] })
  await writer.writeHeld(of('refused'), () => ({ ...nothing, refused: ['refused'], done: null }))
  assert.deepEqual(await count(writer, of('refused')), [1])
  assert.deepEqual(await count(writer, of('refused')), [])
  assert.deepEqual((await stored('ends')).keys, [])
})

test('an id that is taken back is one of its kind: the same id, recorded before of a kind that remembers otherwise, stays', async () => {
  await using writer = await openWriter(database.db, { connections: 0 })
  await writeRecentDay(database.db, now)
  const of = (eventId: string, ends: boolean) =>
    plan('apart', eventId, ['g:a'], { keys: [{ ...keyOf('apart', eventId), ends }] })
  for (const [eventId, ends] of [
    ['ends first', true],
    ['lasts first', false],
  ] as const) {
    assert.equal((await count(writer, of(eventId, ends))).length, 1)
    await writer.writeHeld(of(eventId, !ends), () => ({ ...nothing, refused: [eventId], done: null }))
    assert.deepEqual(await count(writer, of(eventId, ends)), [], `${eventId}: recorded before`)
  }
})

test('what is recorded of a batch that holds groups has a link in the chain of its own connection', async () => {
  await using writer = await openWriter(database.db, { connections: 0, newChain: randomUUID })
  const of = plan('links', 'e', ['g:a'], { keys: [{ ...keyOf('links', 'e'), caseId: 'c' }] })
  const outcome: OutcomeRow = {
    tenant: 'links',
    pod: 'p',
    eventId: 'e',
    caseId: 'c',
    outcome: 'booked',
    label: 1,
    source: 'reported',
    quality: 'human',
    notes: null,
    timeToConversion: null,
    occurredAt: now,
    recordedAt: now,
  }
  await writer.writeHeld(of, recalled => {
    const writes = counting(of)(recalled)
    return writes === 'again' ? writes : { ...writes, batch: { ...writes.batch, outcomes: [outcome] } }
  })
  const [[chain, tenants] = []] = writer.takeGrown()
  assert.deepEqual([...(tenants ?? [])], ['links'])
  const { rows } = await database.db.read(['links'], db =>
    db.query('select chain_id, octet_length(digests) as bytes from receipt_links where tenant_id = $1', ['links']),
  )
  assert.deepEqual(rows, [{ chain_id: chain, bytes: 32 }])
})

test('a batch may not change what it does not hold, nor rows without their version, nor write what it did not find fresh', async () => {
  await using writer = await openWriter(database.db, { connections: 0 })
  const of = plan('strict', 'e', ['g:a'])
  const change = (wrong: (writes: HeldWrites<unknown>) => Partial<HeldWrites<unknown>>) =>
    writer.writeHeld(of, recalled => {
      const writes = counting(of)(recalled)
      return writes === 'again' ? writes : { ...writes, ...wrong(writes) }
    })
  await assert.rejects(
    change(({ groups }) => ({ groups: [...groups, { ...groups[0]!, id: 'g:other' }] })),
    /g:other is not held/,
  )
  await assert.rejects(
    change(({ groups }) => ({ groups: groups.map(group => ({ ...group, version: 0 })) })),
    /stands still/,
  )
  await assert.rejects(
    change(() => ({ groups: [] })),
    /a new row and the old version/,
  )
  await assert.rejects(
    change(() => ({ refused: ['unknown'] })),
    /there before/,
  )
  await assert.rejects(
    change(({ rows }) => ({ rows: rows.map(row => ({ ...row, value: `"${'x'.repeat(999)}"` })) })),
    /state_rows_value_check/,
  )
  assert.deepEqual(await stored('strict'), { versions: new Map([['g:a', 0]]), rows: new Map(), keys: [] })
  assert.deepEqual(await count(writer, of), [1])
})

test('the epoch is read under its lock, and moves on only after the commit', async () => {
  await using writer = await openWriter(database.db, { connections: 0 })
  const bump = () => database.db.transaction(['epochs'], db => bumpEpoch(db, 'epochs', 'p'))
  const epochs: number[] = []
  await bump()
  let moving: Promise<void> | undefined
  const of = plan('epochs', 'e', ['g:a'])
  await writer.writeHeld(of, recalled => {
    epochs.push(recalled.epoch)
    moving = bump()
    return counting(of)(recalled)
  })
  await moving
  await writer.writeHeld(plan('epochs', 'f', ['g:a']), ({ epoch }) => {
    epochs.push(epoch)
    return { ...nothing, done: null }
  })
  assert.deepEqual(epochs, [1, 2])
})

test('what others hold for long is let go, and asked for again in smaller parts', async () => {
  await using writer = await openWriter(database.db, { connections: 0 })
  await count(writer, plan('long', 'first', ['g:a', 'g:b', 'g:c', 'g:d']))
  const [holds, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const holding = database.db.transaction(['long'], async db => {
    await db.query(`select 1 from groups where tenant_id = 'long' and group_key = 'g:d' for no key update`)
    holds.resolve()
    await release.promise
  })
  await holds.promise
  const { parts, rest } = await inHalves(['g:a', 'g:b', 'g:c', 'g:d'], groups => {
    if (groups.length === 1) release.resolve()
    return count(writer, plan('long', groups.join(), groups))
  })
  release.resolve()
  await holding
  assert.deepEqual(
    parts.map(({ items, done }) => [items, done]),
    [
      [
        ['g:a', 'g:b'],
        [2, 2],
      ],
      [['g:c'], [2]],
      [['g:d'], [2]],
    ],
  )
  assert.equal(rest, null)
})

test('a group that this process knew and that is gone is made again', async () => {
  await using writer = await openWriter(database.db, { connections: 0 })
  await count(writer, plan('gone', 'first', ['g:a']))
  await superuser.query(`delete from groups where tenant_id = 'gone'`)
  assert.deepEqual(await count(writer, plan('gone', 'second', ['g:a'])), [2])
})

test('parts that fail leave the rest undone, in order', async () => {
  const broken = new Error('broken')
  const run = async (items: readonly number[]) => {
    if (items.length > 1) throw new LocksHeld('')
    if (items[0] === 3) throw broken
    return items[0]
  }
  const { parts, rest } = await inHalves([1, 2, 3, 4, 5], run)
  assert.deepEqual(parts, [
    { items: [1], done: 1 },
    { items: [2], done: 2 },
  ])
  assert.deepEqual(rest, { items: [3, 4, 5], error: broken })
  const held = await inHalves([1, 2], async () => Promise.reject(new LocksHeld('')))
  assert.deepEqual([held.parts.length, held.rest?.items], [0, [1, 2]])
})

test('a batch names at most 256 groups', async () => {
  const groups = Array.from({ length: 300 }, (_, n) => `g:${n}`)
  assert.equal(fitting(groups.map(group => [group])), 256)
  assert.equal(fitting(groups.map((group, n) => [group, `g:${n + 1}`])), 255)
  assert.equal(fitting(groups.map(() => ['g:same'])), 300)
  assert.equal(fitting([groups]), 1)
  await using writer = await openWriter(database.db, { connections: 0 })
  await assert.rejects(count(writer, plan('many', 'e', groups)), /at most 256/)
})

test('the groups of another tenant or pod are others', async () => {
  await using writer = await openWriter(database.db, { connections: 0 })
  for (const [tenant, pod, expected] of [
    ['one', 'p', 1],
    ['two', 'p', 1],
    ['one', 'q', 1],
    ['one', 'p', 2],
  ] as const) {
    const of = plan(tenant, `${tenant} ${pod} ${expected}`, ['g:a'], { pod })
    assert.deepEqual(await count(writer, of), [expected])
  }
})
