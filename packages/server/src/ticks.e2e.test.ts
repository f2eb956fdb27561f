import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tickId } from '@surety/contract'
import { heating } from '../../../tests/thermostats/pod.ts'
import { installed } from './pods.ts'
import { runDirectly } from './runtime/run-task.ts'
import { startWorld, type World } from './testing/start-world.ts'
import { counting, fitThermostats, podsCounting, slotsCounted } from './testing/ticks/counting.ts'

const day = '2027-03-01'
let clock = new Date(`${day}T11:58:00Z`)
const setTo = (time: string): void => {
  clock = new Date(`${day}T${time}Z`)
}
const startAt = (time: string, pods: readonly (typeof heating)[] = [...installed.pods, heating]): Promise<World> => {
  setTo(time)
  return startWorld({ pods, now: () => clock })
}
/** Runs what has its turn at that time. */
const tickAt = async (world: World, time: string): Promise<void> => {
  setTo(time)
  await world.app.runTicks()
}
const readingOf = (code: string, time: string, more: object = {}) => ({
  event_id: `${code}/${time}`,
  type: 'thermostat.reading',
  occurred_at: `${day}T${time}Z`,
  data: { code, celsius: 20 },
  ...more,
})
const read = async (world: World, code: string, time: string): Promise<void> => {
  const { status, text } = await world.call('/v1/events', { body: readingOf(code, time) })
  assert.equal(status, 201, text)
}
// biome-ignore lint/suspicious/noExplicitAny: rows of many tables
const rows = async (world: World, text: string): Promise<any[]> =>
  (await world.database.db.read(['acme', 'other'], db => db.query(text))).rows
const evaluated = async (world: World, code: string) =>
  (await rows(world, `select * from evaluations where code = 'SILENT' order by occurred_at, event_id`))
    .filter(({ event_id }) => event_id.startsWith(`tick.thermostat:${code}:`))
    .map(({ occurred_at, recorded_at, measured, fired, unknown }) => ({
      slot: occurred_at.toISOString().slice(11, 19),
      recorded: recorded_at.toISOString().slice(11, 19),
      said: unknown ?? (fired ? measured : 'quiet'),
    }))
const metric = async (world: World, name: string): Promise<string | undefined> =>
  (await world.app.registry.metrics())
    .split('\n')
    .find(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))

test('a thermostat that falls silent is found half a minute after the slot, as of the slot', async () => {
  await using world = await startAt('11:58:00')
  // Without the draws that withhold how often an alert was seen.
  for (const question of ['failing', 'real']) {
    const path = `/ops/settings/autonomy?pod=heating&question=${question}&apply=true`
    const open = { key: await world.key('admin'), method: 'PUT', body: { hidden_share: 0 } }
    assert.equal((await world.call(path, open)).status, 200)
  }
  await fitThermostats(world, ['T1', 'T2'])
  await tickAt(world, '12:00:30')
  setTo('12:01:00')
  await read(world, 'T1', '12:01:00')
  await read(world, 'T2', '12:01:00')
  // Without the draw that withholds how often an alert was found.
  const key = await world.key('admin')
  const path = '/ops/settings/autonomy?pod=heating&question=real&apply=true'
  assert.equal((await world.call(path, { key, method: 'PUT', body: { hidden_share: 0 } })).status, 200)
  for (const time of ['12:10:30', '12:20:30', '12:30:30']) await tickAt(world, time)
  await read(world, 'T2', '12:30:31')
  await tickAt(world, '12:40:29')
  assert.deepEqual(await evaluated(world, 'T1'), [], 'its turn has not come')
  await tickAt(world, '12:40:30')
  assert.deepEqual(await evaluated(world, 'T1'), [{ slot: '12:40:00', recorded: '12:40:30', said: 39 }])
  assert.deepEqual(await evaluated(world, 'T2'), [])
  const { data } = await world.call('/v1/findings?code=SILENT')
  assert.equal(data.items.length, 1)
  assert.deepEqual([data.items[0].value, data.items[0].limit, data.items[0].severity], [39, 30, 'HIGH'])
  const alerts = (await world.call('/v1/alerts?pod=heating')).data.items
  assert.deepEqual(
    alerts.map((one: { [field: string]: unknown }) => [
      one['type'],
      one['group'],
      one['first_seen'],
      one['occurrences'],
    ]),
    [['SILENT', 'thermostat:T1', `${day}T12:40:00.000Z`, 1]],
  )
  // What came before the slot and arrived after it would have been too late for it; the next slot knows it.
  await read(world, 'T1', '12:39:00')
  await tickAt(world, '12:50:30')
  assert.equal((await evaluated(world, 'T1')).length, 1)
})

test('no door takes a tick, nor an id that a tick could have', async () => {
  await using world = await startAt('11:58:00')
  const body = {
    event_id: 'x',
    type: 'tick.thermostat',
    occurred_at: `${day}T11:50:00Z`,
    data: { entity: 'T1', gapMs: 0 },
  }
  const refused = await world.call('/v1/events', { body })
  assert.deepEqual([refused.status, refused.body.code], [422, 'unknown_kind'])
  assert.match(refused.text, /tick\.thermostat is a tick: the service makes those itself/)
  const batch = await world.call('/v1/events', { body: [body, readingOf('T1', '11:57:00')] })
  assert.deepEqual(
    batch.data.items.map((item: { status: string }) => item.status),
    ['rejected', 'recorded'],
  )
  // The ids of readings are forgotten too, and lie where those of ticks do.
  const named = readingOf('T1', '11:56:00', { event_id: 'tick.thermostat:T1:2027-03-01T12:00:00.000Z' })
  assert.equal((await world.call('/v1/events', { body: named })).status, 422)
  await fitThermostats(world, ['T1'])
  await tickAt(world, '12:00:30')
  assert.equal(
    await metric(world, 'tick_total'),
    'tick_total{pod="heating",kind="tick.thermostat",result="recorded"} 1',
  )
})

test('after a gap silence over it is unknown, and counts from where it was listened to again', async () => {
  await using world = await startAt('11:58:00')
  await fitThermostats(world, ['T1'])
  await read(world, 'T1', '11:58:00')
  // Before the first of all nothing was listened to.
  await tickAt(world, '12:30:30')
  await read(world, 'T1', '12:30:30')
  await tickAt(world, '12:40:30')
  // Nobody listened from 12:40 to 14:20.
  for (const time of ['14:20:45', '14:30:30', '14:40:30', '14:50:30']) await tickAt(world, time)
  assert.deepEqual(await evaluated(world, 'T1'), [
    { slot: '12:30:00', recorded: '12:30:30', said: 'feed_gap' },
    { slot: '14:20:00', recorded: '14:20:45', said: 'feed_gap' },
    { slot: '14:30:00', recorded: '14:30:30', said: 'feed_gap' },
    { slot: '14:40:00', recorded: '14:40:30', said: 'feed_gap' },
    { slot: '14:50:00', recorded: '14:50:30', said: 30 },
  ])
  const ticks = await rows(
    world,
    `select event_id, payload from events where kind = 'tick.thermostat' order by occurred_at`,
  )
  assert.deepEqual(
    ticks.map(({ payload }) => payload.gapMs / 60_000),
    [Date.parse(`${day}T12:30:00Z`) / 60_000, 100, 0, 0, 0],
  )
  assert.equal(ticks[1].event_id, 'tick.thermostat:T1:2027-03-01T14:20:00.000Z')
  assert.match((await metric(world, 'tick_gap_total'))!, / 2$/)
})

test('each slot runs once, however often it is asked and wherever the clock goes', async () => {
  await using world = await startAt('11:58:00', podsCounting)
  await fitThermostats(world, ['T1'])
  for (const time of ['12:00:30', '12:00:31', '12:05:00', '12:01:00', '12:10:30', '12:10:31', '12:10:30'])
    await tickAt(world, time)
  assert.deepEqual([...(await slotsCounted(world))], [['T1', ['12:00', '12:10']]])
  // Set back by an hour, and right again: what comes from the past is known, or harmless.
  await tickAt(world, '11:10:30')
  await tickAt(world, '12:00:30')
  await tickAt(world, '12:10:30')
  await tickAt(world, '12:20:30')
  assert.deepEqual((await slotsCounted(world)).get('T1'), ['12:00', '12:10', '11:10', '12:20'])
  assert.match(await world.app.registry.metrics(), /^tick_total\{.*result="repeated"\} 2$/m)
})

test('a slot is by the clock of the database: a process whose own is behind loses no tick', async () => {
  await using world = await startAt('11:30:00', podsCounting)
  const occurredAt = new Date(`${day}T12:00:00Z`)
  const eventId = tickId('tick.thermostat', 'T1', occurredAt)
  const data = { entity: 'T1', gapMs: 0 }
  const result = await world.app.intake.submit({
    tenant: 'acme',
    kind: 'tick.thermostat',
    eventId,
    occurredAt,
    tick: true,
    data,
  })
  assert.equal(result.status, 'recorded')
  assert.deepEqual((await slotsCounted(world)).get('T1'), ['12:00'])
})

test('who ends does not tick, and who is there from a later time on ticks from then', async () => {
  await using world = await startAt('11:58:00', podsCounting)
  await fitThermostats(world, ['T1', 'T2'])
  await tickAt(world, '12:00:30')
  const admin = await world.key('admin')
  setTo('12:01:00')
  const end = await world.call(
    '/v1/entities/thermostat/T1?pod=heating&version=1&reason=gone&effective_from=2027-03-01T12:05:00Z',
    {
      key: admin,
      method: 'DELETE',
    },
  )
  assert.equal(end.status, 200, end.text)
  const value = { code: 'T3', room: 'hall', target: 20, tags: [], fitted: null }
  const body = { value, effective_from: `${day}T12:15:00Z` }
  assert.equal((await world.call('/v1/entities/thermostat?pod=heating', { key: admin, body })).status, 200)
  for (const time of ['12:10:30', '12:20:30']) await tickAt(world, time)
  assert.deepEqual(Object.fromEntries(await slotsCounted(world)), {
    T1: ['12:00'],
    T2: ['12:00', '12:10', '12:20'],
    T3: ['12:20'],
  })
})

test('what a tick leaves: its key alone, its key and a version, or all of it', async () => {
  await using plain = await startAt('11:58:00')
  await using folding = await startAt('11:58:00', podsCounting)
  const left = async (world: World) =>
    (
      await rows(
        world,
        `select (select count(*)::int from recent_event_keys) as keys, (select count(*)::int from tick_folds) as folds,
          (select count(*)::int from events where kind like 'tick.%') as events,
          (select count(*)::int from evaluations where code = 'SILENT') as evaluations,
          (select version::int from groups where group_key = 'thermostat:T1') as version`,
      )
    )[0]
  for (const world of [plain, folding]) {
    await fitThermostats(world, ['T1'])
    // The gap before the first is remembered; nothing is known of a thermostat that never spoke.
    await tickAt(world, '12:00:30')
    assert.deepEqual(await left(world), { keys: 1, folds: 1, events: 0, evaluations: 0, version: 1 })
    setTo('12:01:00')
    await read(world, 'T1', '12:01:00')
    await tickAt(world, '12:10:30')
  }
  // A key more is that of the reading.
  assert.deepEqual(await left(plain), { keys: 3, folds: 1, events: 0, evaluations: 0, version: 2 })
  assert.deepEqual(await left(folding), { keys: 3, folds: 2, events: 0, evaluations: 0, version: 3 })
  const [fold] = await rows(folding, 'select * from tick_folds where version = 3')
  assert.deepEqual(
    [fold.group_key, fold.kind, fold.slot.toISOString(), fold.recorded_at.toISOString()],
    ['thermostat:T1', 'tick.thermostat', `${day}T12:10:00.000Z`, `${day}T12:10:30.000Z`],
  )
  for (const time of ['12:20:30', '12:30:30', '12:40:30']) await tickAt(folding, time)
  assert.deepEqual(await left(folding), { keys: 6, folds: 4, events: 1, evaluations: 1, version: 6 })
  const [{ versions }] = await rows(folding, `select versions from events where kind = 'tick.thermostat'`)
  assert.deepEqual(versions, { 'thermostat:T1': 6 })
  const retention = folding.app.recurs.find(({ name }) => name === 'retention')!
  const later = (days: number) =>
    runDirectly(retention, new Date(clock.getTime() + days * 86_400_000), async () => ['acme'])
  await later(6)
  assert.equal((await left(folding)).folds, 4)
  await later(9)
  assert.equal((await left(folding)).folds, 0, 'they go with the day, however long other ids are remembered')
})

test('tenants tick apart, and one that fails keeps no other from its turn', async () => {
  await using world = await startAt('11:58:00', podsCounting)
  for (const tenant of ['acme', 'other']) await fitThermostats(world, ['T1'], tenant)
  await tickAt(world, '12:00:30')
  await world.database.db.transaction(['acme', 'other'], db =>
    db.query(`update tick_runs set lease_until = now() + interval '1 hour', done = null where tenant_id = 'acme'`),
  )
  await tickAt(world, '12:10:30')
  assert.deepEqual((await slotsCounted(world)).get('T1'), ['12:00'], 'somebody else runs it')
  assert.deepEqual((await slotsCounted(world, 'other')).get('T1'), ['12:00', '12:10'])
  const lag = async () => Number((await metric(world, 'tick_lag_seconds'))?.split(' ')[1])
  assert.equal(await lag(), 0, 'nothing is known of who was never run whole')
  const let_go = `update tick_runs set lease_until = null, done = '${day}T12:00:00Z' where tenant_id = 'acme'`
  await world.database.db.transaction(['acme'], db => db.query(let_go.replace('null', `now() + interval '1 hour'`)))
  setTo('12:12:30')
  await world.app.runTicks()
  assert.equal(await lag(), 120)
  await world.database.db.transaction(['acme'], db => db.query(let_go))
  await world.app.runTicks()
  assert.equal(await lag(), 0)
  assert.deepEqual((await slotsCounted(world)).get('T1'), ['12:00', '12:10'])
})

test('a tick on which a pod fails is refused alone, and the slot goes on', async () => {
  const [readings, heard, counted] = counting.state
  const broken = {
    ...counting,
    state: [
      readings!,
      heard!,
      {
        ...counted!,
        fold(value: unknown, x: Parameters<NonNullable<typeof counted>['fold']>[1]) {
          if (x.here === 'T2') throw new Error('T2')
          return counted!.fold(value, x)
        },
      },
    ],
  }
  await using world = await startAt('11:58:00', [...installed.pods, broken])
  await fitThermostats(world, ['T1', 'T2', 'T3'])
  await tickAt(world, '12:00:30')
  await tickAt(world, '12:10:30')
  assert.deepEqual([...(await slotsCounted(world)).keys()].toSorted(), ['T1', 'T3'])
  const text = await world.app.registry.metrics()
  assert.match(text, /^tick_total\{.*result="failed"\} 2$/m)
  assert.match(text, /^event_failed_total\{pod="heating"\} 2$/m)
})
