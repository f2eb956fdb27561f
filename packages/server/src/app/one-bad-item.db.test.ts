// One event that cannot be written never takes those that travel with it, whoever sent them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventResult, Pod, RawEvent } from '@surety/contract'
import { Registry } from 'prom-client'
import { EventFailed } from '../errors.ts'
import { lineMetrics } from '../metrics/line-metrics.ts'
import { act } from '../pipeline/act/act.ts'
import { now } from '../pipeline/now.ts'
import { podNamed, podsFrom } from '../pods.ts'
import { ensurePartitions } from '../store/partitions.ts'
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts'
import { leadOf, letAct, messageOf, openActingCore, outcomeOf } from '../testing/acting-core.ts'
import { punch } from '../testing/guards/pod.ts'
import { openGuards } from '../testing/guards/processes.ts'
import { startsAt } from '../testing/guards/shift.ts'
import { lineColumnsOfStore, whileItThrows, whileWrittenAs } from '../testing/line-columns.ts'
import type { Core } from './core.ts'

const at = new Date('2026-11-21T10:00:00Z')
let database: TestDatabase
test.before(async () => {
  database = await openTestDatabase({ poolSize: 4 })
  await database.db.transaction([], db => ensurePartitions(db, at, at))
  await letAct(database.db, 'acme')
  await letAct(database.db, 'main')
})
test.after(() => database[Symbol.asyncDispose]())

const run = (core: Core, raws: readonly RawEvent[], when = at): Promise<readonly EventResult[]> =>
  core.run(raws.map(raw => ({ raw, at: when, startedMs: 0 })))
const statuses = (results: readonly EventResult[]) =>
  results.map(result => (result.status === 'rejected' ? result.code : result.status))
/** Every row of the bad event, and none of another, has a text with this in it: no id is hexadecimal by chance. */
const bad = 'spoilt'
const isBad = (row: unknown): boolean =>
  Object.values(row as object).some(value => typeof value === 'string' && value.includes(bad))
const of = (raw: RawEvent, eventId: string, key = eventId): RawEvent => ({
  ...raw,
  eventId,
  sender: { key: `key-${key}`, systemOfRecord: false, outcomes: 1 },
})
const lead = (tenant: string, id: string): RawEvent => of(leadOf(tenant, id), id)
const message = (tenant: string, id: string, leadId: string): RawEvent => of(messageOf(tenant, leadId), id)
const outcome = (tenant: string, id: string, leadId: string, word: string): RawEvent => {
  const raw = outcomeOf(tenant, leadId)
  return of({ ...raw, data: { ...(raw.data as object), outcome: word } }, id)
}
/** What a column of the line came to when nothing of the bad event could be written there. */
type Fault = readonly [column: string, what: string, ends: readonly string[]]

test('whatever column of whatever table cannot be written of one event, the others of the batch are recorded', async () => {
  const failures: unknown[] = []
  const options = { onError: (error: unknown) => failures.push(error), newChain: () => crypto.randomUUID() }
  await using core = await openActingCore(database, () => at, options)
  const columns = await lineColumnsOfStore()
  const faults: Fault[] = []
  const met: string[] = []
  for (const [n, column] of columns.entries()) {
    const id = (name: string) => `${name}-${n}`
    const name = `${column.table}.${column.name}`
    await run(core, [lead('acme', id(`${bad}-known`)), lead('main', id('known'))])
    const batch = [
      message('main', id('m'), id('known')),
      outcome('main', id('o2'), id('a'), 'ghosted'),
      message('acme', id(`${bad}-m`), id(`${bad}-known`)),
      lead('acme', id(bad)),
      lead('main', id('a')),
      outcome('acme', id(`${bad}-o`), id(`${bad}-known`), 'booked'),
      outcome('main', id('o1'), id('a'), 'booked'),
    ]
    failures.length = 0
    const tried = await whileItThrows(column, isBad, () => run(core, batch))
    const ends = statuses(tried.done)
    const endsOf = (tenant: string) => ends.filter((_, place) => batch[place]!.tenant === tenant)
    const failed = endsOf('acme').filter(end => end === 'internal').length
    if (endsOf('main').some(end => end !== 'recorded')) faults.push([name, 'a neighbour is not recorded', ends])
    if (failed > 0 !== tried.met > 0) faults.push([name, 'the bad event is not refused', ends])
    if (failures.length !== failed) faults.push([name, `${failures.length} failures were told`, ends])
    if (/Jane Doe/.test(failures.map(String).join())) faults.push([name, 'what is told holds data', ends])
    if (tried.met > 0) met.push(name)
  }
  assert.deepEqual(faults, [])
  assert.ok(met.length > 70, `only ${met.length} columns are written by this batch: ${met.join(' ')}`)
  const { rows } = await database.db.read(['main'], db =>
    db.query<{ outcome: string }>(
      `select o.outcome from event_keys k cross join lateral latest_outcome('main', 'customer-ops', k.case_id, k.recorded_at, null) o
        where k.decision_id is not null and k.case_id like 'a-%'`,
    ),
  )
  assert.equal(rows.length, columns.length)
  assert.ok(
    rows.every(row => row.outcome === 'booked'),
    'of two outcomes of one case the later one counts, however they were written',
  )
})

test('the same of events that name groups: of each that is recorded the state is folded, of the one that is not nothing', async () => {
  const failures: unknown[] = []
  await using core = await openGuards(database.db, { onError: error => failures.push(error) })
  const columns = await lineColumnsOfStore()
  const faults: Fault[] = []
  let met = 0
  for (const [n, column] of columns.entries()) {
    const punched = (eventId: string, who: string): RawEvent => ({
      tenant: 'guarded',
      kind: punch.name,
      eventId: `${eventId}-${n}`,
      occurredAt: new Date(startsAt.getTime() - 1_000),
      data: { person: `${who}-${n}`, site: `S-${n}`, way: 'in' },
    })
    const batch = [punched('e1', 'P1'), punched('e2', 'P2'), punched(`${bad}-3`, `${bad}-P`), punched('e4', 'P4')]
    const tried = await whileItThrows(column, isBad, () => run(core, batch, startsAt))
    const ends = statuses(tried.done)
    const expected = ['recorded', 'recorded', tried.met > 0 ? 'internal' : 'recorded', 'recorded']
    if (JSON.stringify(ends) !== JSON.stringify(expected)) faults.push([`${column.table}.${column.name}`, 'ends', ends])
    if (tried.met > 0) met++
  }
  assert.deepEqual(faults, [])
  assert.ok(met > 15, `only ${met} columns are written by this batch`)
  assert.equal(failures.length, met)
  const { rows } = await database.db.read(['guarded'], db =>
    db.query<{ n: number }>(
      `select count(distinct group_key)::integer as n from state_rows where tenant_id = 'guarded' and group_key like 'person:spoilt%'`,
    ),
  )
  assert.equal(rows[0]!.n, columns.length - met, 'what could not be written left no state')
})

test('what the database does not take is refused alone, as is what no stage can read or decide', async () => {
  const failures: unknown[] = []
  const leads = podNamed('customer-ops')
  const created = leads.kinds['lead.created']!
  const spoiled = (raw: { readonly data: unknown }, word: string) => JSON.stringify(raw.data).includes(word)
  const failing: Pod = {
    ...leads,
    kinds: {
      ...leads.kinds,
      'lead.created': {
        ...created,
        read(data, context) {
          if (spoiled({ data }, 'unreadable')) throw new TypeError('Jane Doe is unreadable')
          return created.read(data, context)
        },
      },
    },
    enrich(event, context) {
      if (spoiled({ data: event.payload }, 'undecidable')) throw new TypeError('Jane Doe is undecidable')
      return leads.enrich(event, context)
    },
  }
  const registry = new Registry()
  const pods = podsFrom([failing])
  const metrics = lineMetrics(registry, pods, () => 0)
  await using core = await openActingCore(database, () => at, {
    pods,
    onError: error => failures.push(error),
    observe: metrics.observe,
    refuse: metrics.refuse,
    settle: metrics.settle,
  })
  const withDetails = (tenant: string, id: string, details: string): RawEvent => {
    const raw = lead(tenant, id)
    return { ...raw, data: { ...(raw.data as object), details } }
  }
  await run(core, [lead('main', 'kept')])
  const batch = [
    lead('acme', 'kept-acme'),
    withDetails('acme', 'one', 'unreadable'),
    withDetails('main', 'two', 'as any other'),
    withDetails('acme', 'three', 'undecidable'),
    message('acme', bad, 'kept-acme'),
    message('main', 'four', 'two'),
  ]
  const text = (await lineColumnsOfStore()).find(({ table, name }) => table === 'messages' && name === 'text')
  const withNul = (row: unknown) => (isBad(row) ? { ...(row as object), text: 'Jane Doe\0' } : row)
  const results = await whileWrittenAs(text!, withNul, () => run(core, batch))
  assert.deepEqual(statuses(results), ['recorded', 'internal', 'recorded', 'internal', 'internal', 'recorded'])
  assert.deepEqual(
    failures.map(error => (error instanceof EventFailed ? /at the stage (\w+)/.exec(error.message)?.[1] : error)),
    ['ingest', 'decide', 'record'],
  )
  assert.doesNotMatch(failures.map(error => (error as Error).stack).join(), /Jane Doe/)
  const counted = await registry.metrics()
  assert.match(counted, /^event_failed_total\{pod="customer-ops"\} 3$/m)
  assert.match(counted, /^lead_conservation_imbalance 0$/m)
})

test('a tenant whose settings or models cannot be read does not take the other tenants of its batch', async () => {
  const failures: unknown[] = []
  const outage = Object.assign(new Error('away'), { code: '57P01' })
  await using core = await openActingCore(database, () => at, {
    onError: error => failures.push(error),
    cover: tenant =>
      tenant === 'acme' ? Promise.reject(new Error('broken')) : tenant === 'away' ? Promise.reject(outage) : null,
  })
  const results = await run(core, [lead('acme', 'u1'), lead('main', 'u2'), lead('away', 'u3'), lead('main', 'u4')])
  assert.deepEqual(statuses(results), ['internal', 'recorded', 'storage_unavailable', 'recorded'])
  assert.equal(failures.length, 2)
  await assert.rejects(run(core, [lead('acme', 'u5')]), /broken/)
  await assert.rejects(run(core, [lead('away', 'u6')]), { code: 'storage_unavailable' })
})

test('an event that belongs to a case of its batch finds it though the batch is written in halves', async () => {
  await using core = await openActingCore(database, () => at, { onError() {} })
  const [column] = (await lineColumnsOfStore()).filter(({ table, name }) => table === 'events' && name === 'payload')
  const batch = [message('main', 'early', 'late'), lead('acme', bad), lead('acme', 'x1'), lead('main', 'late')]
  const { done, met } = await whileItThrows(column!, isBad, () => run(core, batch))
  assert.deepEqual(statuses(done), ['recorded', 'internal', 'recorded', 'recorded'])
  assert.ok(met > 1)
  const again = await run(core, batch)
  assert.deepEqual(statuses(again), ['duplicate', 'recorded', 'duplicate', 'duplicate'], 'it may come again')
})

test('an act that its pod cannot say is asked of a person, and the acts behind it are done', async () => {
  await letAct(database.db, 'doing')
  await using core = await openActingCore(database, () => at)
  const spoilt = lead('doing', `${bad}-act`)
  const wordy = { ...spoilt, data: { ...(spoilt.data as object), details: 'need no steps at all' } }
  const ends = await run(core, [wordy, lead('doing', 'b1'), lead('doing', 'b2')])
  assert.deepEqual(statuses(ends), ['recorded', 'recorded', 'recorded'])
  const failures: unknown[] = []
  const leads = podNamed('customer-ops')
  const [question] = leads.questions
  const steps: typeof question.steps = (action, facts) => {
    if (JSON.stringify(facts.payload).includes('no steps')) throw new TypeError('Jane Doe has no channel')
    return question.steps(action, facts)
  }
  const pod: Pod = { ...leads, questions: [{ ...question, steps }] }
  const deps = { podNamed: () => pod, queueDays: async () => 7, failed: (error: unknown) => failures.push(error) }
  const done = await database.db.transaction(['doing'], db => act(db, 'doing', at, deps))
  assert.deepEqual(done.acts.map(({ state }) => state).toSorted(), ['cancelled', 'done', 'done'])
  assert.deepEqual(
    done.moves.map(({ to, reason }) => [to, reason]),
    [['queued', 'error']],
  )
  assert.equal(failures.length, 1)
  assert.doesNotMatch(String((failures[0] as Error).stack), /Jane Doe/)
  const { rows } = await database.db.read(['doing'], db =>
    db.query<{ state: string }>(`select state from inbox where case_id = '${bad}-act'`),
  )
  assert.deepEqual(rows, [{ state: 'open' }])
})

test('what is written is answered before its neighbours are looked up', async () => {
  await using core = await openActingCore(database, () => at)
  await run(core, [lead('acme', 'told-before')])
  const heard: string[] = []
  const { recorder } = core.deps
  const deps = {
    ...core.deps,
    recorder: {
      ...recorder,
      first: (...given: Parameters<typeof recorder.first>) => {
        heard.push('looked up')
        return recorder.first(...given)
      },
    },
  }
  const batch = [
    lead('main', 'told-first'),
    { ...lead('acme', 'told-before'), data: { name: 'Jo', email: 'jo@b.example' } },
  ]
  const results = await now(
    batch.map(raw => ({ raw, at, startedMs: 0 })),
    deps,
    null,
    (place, result) => heard.push(`${place} ${result.status}`),
  )
  assert.deepEqual(heard, ['0 recorded', 'looked up'])
  assert.deepEqual(statuses(results), ['recorded', 'event_id_conflict'])
})
