import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Decision, Detector, EventResult, Kind, RawEvent } from '@surety/contract'
import { randomIds } from '../pipeline/ids.ts'
import { podsFrom } from '../pods.ts'
import { bumpEpoch } from '../store/autonomy-epochs.ts'
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts'
import { guards, punch } from '../testing/guards/pod.ts'
import { openGuards } from '../testing/guards/processes.ts'
import { startsAt as at } from '../testing/guards/shift.ts'
import type { Core } from './core.ts'

let database: TestDatabase
test.before(async () => {
  database = await openTestDatabase({ poolSize: 4 })
})
test.after(() => database[Symbol.asyncDispose]())

const run = (core: Core, ...raws: readonly RawEvent[]): Promise<readonly EventResult[]> =>
  core.run(raws.map(raw => ({ raw, at, startedMs: 0 })))
const punched = (tenant: string, eventId: string, who: string, second: number): RawEvent => ({
  tenant,
  kind: punch.name,
  eventId,
  occurredAt: new Date(at.getTime() - 25_000 + 1000 * second),
  data: { person: who, site: 'S1', way: 'in' },
})
const punchedAt = (tenant: string, eventId: string, where: string): RawEvent => ({
  ...punched(tenant, eventId, '', 0),
  data: { person: `P-${eventId}`, site: where, way: 'in' },
})
/** Lets the machine call a guard back by the plain rule, so often an hour. */
const letCall = (tenant: string, capPerHour: number): Promise<void> =>
  database.db.transaction([tenant], async db => {
    await db.query(
      `insert into settings (tenant_id, pod, question, name, version, value, recorded_at, actor)
        values ($1, 'guards', 'astray', 'autonomy', 1, $2, now(), 'test')`,
      [tenant, JSON.stringify({ actions: { call_back: { cap_per_hour: capPerHour } } })],
    )
    await db.query(
      `insert into action_states (tenant_id, pod, question, action, mode, gate, changed_at, changed_by, reason)
        values ($1, 'guards', 'astray', 'call_back', 'acting', 'threshold', now(), 'test', 'test')`,
      [tenant],
    )
    await bumpEpoch(db, tenant, 'guards')
  })
const caseOf = (result: EventResult | undefined) => (result?.status === 'recorded' ? result.caseId : null)
const endOf = ({ state, reason }: Decision) => `${state}:${reason}`
const eventOf = (result: EventResult) => (result.status === 'recorded' ? result.eventId : null)
const asked = (result: EventResult | undefined) =>
  result === undefined || result.status === 'rejected'
    ? null
    : result.decisions.map(({ id, features }) => [id, features])
const statuses = (results: readonly EventResult[]) =>
  results.map(result => (result.status === 'rejected' ? result.code : result.status))
const rowsOf = async (tenant: string, kind: string): Promise<{ readonly [row: string]: unknown }> => {
  const { rows } = await database.db.read([tenant], db =>
    db.query<{ id: string; value: unknown }>(
      `select group_key || ' ' || bucket as id, value from state_rows where kind = $1`,
      [kind],
    ),
  )
  return Object.fromEntries(rows.map(({ id, value }) => [id, value]))
}

test('a row whose bucket follows from what was found is read and folded, though nobody else asks for its kind', async () => {
  await using core = await openGuards(database.db)
  for (const n of [1, 2, 3, 4]) {
    const results = await run(core, punched('found', `e${n}`, `P${n}`, n))
    assert.deepEqual(statuses(results), ['recorded'])
  }
  assert.deepEqual(await rowsOf('found', 'alarms'), { 'site:S1 CROWDED': { count: 2 } })
})

test('the same id again, in one batch and in batches of two processes at once, is one event; with another payload it is a conflict', async () => {
  await using first = await openGuards(database.db)
  await using second = await openGuards(database.db)
  const same = punched('same', 'e1', 'P1', 1)
  const other = punched('same', 'e1', 'P2', 1)
  const results = await run(first, same, same, other)
  assert.deepEqual(statuses(results), ['recorded', 'duplicate', 'event_id_conflict'])
  for (let n = 2; n < 30; n++) {
    const [one, two] = [punched('same', `e${n}`, 'P1', n), punched('same', `e${n}`, n % 3 === 0 ? 'P2' : 'P1', n)]
    const both = await Promise.all([run(first, one), run(second, two)])
    assert.deepEqual(
      both.flatMap(statuses).toSorted(),
      n % 3 === 0 ? ['event_id_conflict', 'recorded'] : ['duplicate', 'recorded'],
    )
    if (n % 3 === 0) continue
    const [mine, others] = both.flat()
    assert.deepEqual(asked(mine), asked(others))
  }
  const chains = (await rowsOf('same', 'person_chain')) as { readonly [row: string]: { readonly count: number } }
  assert.equal(
    Object.values(chains).reduce((sum, { count }) => sum + count, 0),
    29,
    'each is folded once',
  )
})

test('an event of which the database does not take something is refused alone, and those beside it are recorded', async () => {
  const [first, ...others] = guards.detectors
  // What a sender wrote stands where it is no key of a group.
  const told = { ...first!, detect: () => ({ value: 1, about: 'whom\0' }) } satisfies Detector
  const spoiling = (raw: RawEvent): Detector => ({
    ...told,
    detect: x => (x.event.id === raw.eventId ? told.detect() : null),
  })
  const bad = punched('spoiled', 'e2', 'P2', 2)
  const pods = podsFrom([{ ...guards, detectors: [spoiling(bad), ...others] }])
  const failures: unknown[] = []
  await using core = await openGuards(database.db, { pods, onError: error => failures.push(error) })
  const good = [1, 3, 4].map(n => punched('spoiled', `e${n}`, `P${n}`, n))
  assert.deepEqual(statuses(await run(core, good[0]!, bad, ...good.slice(1))), [
    'recorded',
    'internal',
    'recorded',
    'recorded',
  ])
  assert.equal(failures.length, 1)
  assert.deepEqual(statuses(await run(core, bad)), ['internal'])
})

test('an event whose groups its pod fails to name is refused alone', async () => {
  const naming: Kind = {
    ...(guards.kinds[punch.name] as Kind),
    name: punch.name,
    groups(data, reference) {
      if ((data as { person: string }).person === 'P2') throw new TypeError('no such person')
      return punch.groups!(data as never, reference)
    },
  }
  const pods = podsFrom([{ ...guards, kinds: { ...guards.kinds, [punch.name]: naming } }])
  await using core = await openGuards(database.db, { pods })
  const results = await run(core, ...[1, 2, 3].map(n => punched('naming', `e${n}`, `P${n}`, n)))
  assert.deepEqual(statuses(results), ['recorded', 'internal', 'recorded'])
})

test('half a surrogate pair is no key of a group', async () => {
  await using core = await openGuards(database.db)
  const [half, whole] = [punched('half', 'e1', 'P\ud800', 1), punched('half', 'e2', 'P\ud83d\ude00', 2)]
  assert.deepEqual(statuses(await run(core, half, whole)), ['validation_failed', 'recorded'])
})

test('a case id of ours that was taken is made anew, with the id of an event that has it too', async () => {
  let bits: number[] = []
  await using core = await openGuards(database.db, { ids: { ...randomIds(), bits24: () => bits.shift()! } })
  const { eventId: _, ...nameless } = punched('clash', 'e', 'P1', 1)
  const runWith = (drawn: number[], ...raws: readonly RawEvent[]) => {
    bits = drawn
    return run(core, ...raws)
  }
  const results = [
    ...(await runWith([1], punched('clash', 'e1', 'P1', 1))),
    // It meets the case before it.
    ...(await runWith([1, 2], punched('clash', 'e2', 'P1', 2))),
    // They meet each other, and are called as their cases.
    ...(await runWith([3, 3, 3, 4, 5], nameless, nameless, nameless)),
    // It meets an event that is called so.
    ...(await runWith([4, 6], nameless)),
  ]
  assert.deepEqual(statuses(results), Array(6).fill('recorded'))
  const cases = results.map(caseOf)
  assert.deepEqual(
    cases.map(id => Number.parseInt(id!.split('-')[1]!, 36)),
    [1, 2, 3, 4, 5, 6],
  )
  assert.deepEqual(results.slice(2).map(eventOf), cases.slice(2))
  const chains = await rowsOf('clash', 'person_chain')
  assert.equal((chains['person:P1 '] as { readonly count: number }).count, 6)
})

test('a case that its sender names and that another event has opened is refused, and its neighbours are recorded', async () => {
  await using core = await openGuards(database.db)
  const named = (eventId: string, n: number): RawEvent => ({ ...punched('named', eventId, 'P1', n), caseId: 'C1' })
  assert.deepEqual(statuses(await run(core, named('e1', 1))), ['recorded'])
  const results = await run(core, punched('named', 'e2', 'P1', 2), named('e3', 3), named('e1', 1))
  assert.deepEqual(statuses(results), ['recorded', 'case_exists', 'duplicate'])
  assert.deepEqual(
    statuses(await run(core, { ...named('e4', 4), caseId: 'C2' }, { ...named('e5', 5), caseId: 'C2' })),
    ['recorded', 'case_exists'],
  )
})

test('two processes keep a cap on what their batches do while they hold their groups; all beyond it is asked, and folded once', async () => {
  await letCall('capped', 5)
  const sure = { version: 1, digest: 'd', score: () => ({ probability: 0.9, notes: [], cannot: null }) }
  const open = () => openGuards(database.db, { monotonicMs: () => 0, serving: () => sure })
  await using first = await open()
  await using second = await open()
  const batch = (n: number) => [1, 2, 3].map(i => punched('capped', `e${n}-${i}`, `P${i}`, 3 * n + i))
  const ended: string[] = []
  const count = (end: string) => ended.filter(one => one === end).length
  for (let n = 0; n < 6; n += 2) {
    const results = await Promise.all([run(first, ...batch(n)), run(second, ...batch(n + 1))])
    for (const result of results.flat())
      ended.push(...(result.status === 'rejected' ? [result.code] : result.decisions.map(endOf)))
    // Whoever comes second finds that there is room for two more.
    assert.equal(count('acted:threshold_mode'), 5)
  }
  assert.equal(count('queued:capped'), 13)
  const counted = await database.db.read(['capped'], db => db.query('select acts from act_counts'))
  assert.deepEqual(counted.rows, [{ acts: 5 }])
  const chains = (await rowsOf('capped', 'site_chain'))['site:S1 ']
  assert.equal((chains as { readonly count: number }).count, 18)
})

test('where others hold a group for long the batch is halved: what could be done is answered, and the rest comes again', async () => {
  await using core = await openGuards(database.db)
  await using other = await openGuards(database.db)
  await run(core, ...['S1', 'S2', 'S3'].map(where => punchedAt('long', `first ${where}`, where)))
  await database.db.transaction(['long'], async db => {
    await db.query(
      `select from groups where tenant_id = 'long' and group_key in ('site:S2', 'site:S3') for no key update`,
    )
    const [some, none] = await Promise.all([
      run(core, punchedAt('long', 'e2', 'S1'), punchedAt('long', 'e3', 'S2')),
      run(other, punchedAt('long', 'e4', 'S3')),
    ])
    assert.deepEqual([...statuses(some), ...statuses(none)], ['recorded', 'overloaded', 'overloaded'])
  })
  assert.deepEqual(statuses(await run(core, punchedAt('long', 'e3', 'S2'))), ['recorded'])
})
