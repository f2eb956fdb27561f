import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { EventResult, RawEvent } from '@surety/contract'
import { rng } from '@surety/stats'
import { drawWords } from '../pipeline/decide/decide.ts'
import { randomIds, seededIds } from '../pipeline/ids.ts'
import { podNamed } from '../pods.ts'
import { openDatabase } from '../store/db.ts'
import { openContact } from '../store/seal.ts'
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts'
import { type Core, openCore } from './core.ts'

const secrets = { dataKeys: [randomBytes(32)], piiRoot: randomBytes(32) }
const at = new Date('2026-11-21T10:00:00Z')
let database: TestDatabase
let core: Core

test.before(async () => {
  database = await openTestDatabase({ poolSize: 1 })
  core = await open(database, randomIds())
})
test.after(async () => {
  await core[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

function open(on: TestDatabase, ids: ReturnType<typeof randomIds>): Promise<Core> {
  return openCore({
    db: on.db,
    secrets,
    ids,
    monotonicMs: () => 0,
    now: () => at,
    enrichment: true,
    serving: () => null,
    onError: error => assert.fail(String(error)),
  })
}

const lead = (over: object = {}, envelope: Partial<RawEvent> = {}): RawEvent => ({
  tenant: 'acme',
  kind: 'lead.created',
  data: { name: 'Jane Doe', phone: '612-555-1212', details: 'URGENT: need an estimate, call 612-555-1212', ...over },
  ...envelope,
})
const run = (...raws: RawEvent[]): Promise<readonly EventResult[]> =>
  core.run(raws.map(raw => ({ raw, at, startedMs: 0 })))

type Recorded = Extract<EventResult, { status: 'recorded' | 'duplicate' }> & { readonly caseId: string }

function recorded(eventResult: EventResult | undefined): Recorded {
  assert.ok(eventResult !== undefined && eventResult.status !== 'rejected', JSON.stringify(eventResult))
  assert.ok(eventResult.caseId !== null)
  return { ...eventResult, caseId: eventResult.caseId }
}

async function count(table: string, tenant = 'acme', where = 'true'): Promise<number> {
  return database.db.transaction([tenant], async db => {
    const { rows } = await db.query<{ n: number }>(`select count(*) as n from ${table} where ${where}`)
    return rows[0]?.n ?? 0
  })
}

test('a lead becomes one event and one decision, queued because no model is active', async () => {
  const eventResult = recorded((await run(lead()))[0])
  assert.match(eventResult.caseId, /^L\d{13}-[0-9a-f]{6}$/)
  assert.equal(eventResult.eventId, eventResult.caseId)
  assert.equal(eventResult.decision?.state, 'queued')
  assert.equal(eventResult.decision?.reason, 'no_model')
  assert.equal(eventResult.decision?.enrichment['urgency'], 'high')
  assert.equal(await count('decisions', 'acme', `case_id = '${eventResult.caseId}'`), 1)
})

test('no raw contact value is in any table: text is redacted, contact fields open only with tenant, case and key', async () => {
  const eventResult = recorded((await run(lead({ email: 'jane.roe@example.com', name: 'Quirkyname Roe' })))[0])
  await database.db.transaction(['acme'], async db => {
    for (const table of ['events', 'decisions', 'event_keys', 'messages']) {
      const { rows } = await db.query<{ text: string }>(`select t::text as text from ${table} t`)
      for (const row of rows) assert.doesNotMatch(row.text, /612-?555-?1212|jane\.roe|quirkyname/i, table)
    }
    const { rows } = await db.query<{ sealed: Buffer }>(
      `select sealed from events where case_id = '${eventResult.caseId}'`,
    )
    const sealed = rows[0]?.sealed
    assert.ok(sealed)
    assert.equal(openContact(core.dataKeys, 'acme', eventResult.caseId, sealed).email, 'jane.roe@example.com')
    assert.throws(() => openContact(core.dataKeys, 'acme', 'another case', sealed))
    assert.throws(() => openContact(core.dataKeys, 'other', eventResult.caseId, sealed))
    const stranger = { current: 'x', keys: new Map([['x', createSecretKey(randomBytes(32))]]) }
    assert.throws(() => openContact(stranger, 'acme', eventResult.caseId, sealed), /DATA_KEY/)
  })
})

test('the same event id again answers the first decision; another payload is a conflict; nothing is written twice', async () => {
  const first = recorded((await run(lead({}, { eventId: 'crm-1' })))[0])
  const before = await count('events')
  const again = recorded((await run(lead({}, { eventId: 'crm-1' })))[0])
  assert.equal(again.status, 'duplicate')
  assert.equal(again.decision?.id, first.decision?.id)
  assert.equal(again.caseId, first.caseId)
  const [other] = await run(lead({ details: 'something else' }, { eventId: 'crm-1' }))
  assert.deepEqual(other, { status: 'rejected', code: 'event_id_conflict' })
  assert.equal(await count('events'), before)
})

test('repeats inside one batch are answered like repeats of different batches', async () => {
  const before = await count('decisions')
  const eventResults = await run(
    lead({}, { eventId: 'twin' }),
    lead({}, { eventId: 'twin' }),
    lead({ details: 'other' }, { eventId: 'twin' }),
  )
  assert.deepEqual(
    eventResults.map(eventResult => eventResult.status),
    ['recorded', 'duplicate', 'rejected'],
  )
  assert.equal(recorded(eventResults[0]).decision?.id, recorded(eventResults[1]).decision?.id)
  assert.equal(await count('decisions'), before + 1)
})

test('a bad item never spoils its neighbours', async () => {
  const eventResults = await run(lead(), lead({ name: 'A' }), lead({}, { kind: 'no.such.kind' }), lead())
  assert.deepEqual(
    eventResults.map(eventResult => (eventResult.status === 'rejected' ? eventResult.code : eventResult.status)),
    ['recorded', 'validation_failed', 'unknown_kind', 'recorded'],
  )
})

test('what the database or the hash cannot hold refuses its own event only', async () => {
  const eventResults = await run(
    lead(),
    lead({ unread: Number.POSITIVE_INFINITY }),
    lead({}, { occurredAt: new Date('0000-01-01T00:00:00Z') }),
    lead({}, { occurredAt: new Date(Number.NaN) }),
    lead({}, { eventId: 'half \ud800' }),
    lead(),
  )
  assert.deepEqual(
    eventResults.map(eventResult =>
      eventResult.status === 'rejected' ? (eventResult.errors?.[0]?.path ?? eventResult.code) : eventResult.status,
    ),
    ['recorded', 'data', 'occurred_at', 'occurred_at', 'event_id', 'recorded'],
  )
})

test('a column called __proto__ is a column: it is stored and the model sees it', async () => {
  await database.db.transaction(['odd'], db =>
    db.query(`insert into settings (tenant_id, pod, name, version, value, recorded_at, actor)
      values ('odd', 'table', 'attributes', 1, '{"columns":[{"name":"__proto__","kind":"categorical"}]}', now(), 'test')`),
  )
  const data = { row_id: 'p', columns: JSON.parse('{"__proto__":"blue"}') }
  const [eventResult] = await run({ tenant: 'odd', kind: 'row.recorded', data })
  assert.deepEqual(recorded(eventResult).decision?.features, ['blue'])
  assert.equal(await count('events', 'odd', `payload -> 'columns' ->> '__proto__' = 'blue'`), 1)
})

test('what belongs to a case whose opening in the same batch is refused is not recorded without one', async () => {
  await run(lead({}, { eventId: 'opener', caseId: 'known-case' }))
  const outcome = (caseId: string): RawEvent => ({
    tenant: 'acme',
    kind: 'lead.outcome',
    data: { lead_id: caseId, outcome: 'booked' },
  })
  const eventResults = await run(
    lead({ details: 'another payload' }, { eventId: 'opener', caseId: 'never-opened' }),
    outcome('never-opened'),
    lead({}, { eventId: 'opener-2', caseId: 'opened-here' }),
    outcome('opened-here'),
    outcome('known-case'),
  )
  assert.deepEqual(
    eventResults.map(eventResult => (eventResult.status === 'rejected' ? eventResult.code : eventResult.status)),
    ['event_id_conflict', 'case_not_found', 'recorded', 'recorded', 'recorded'],
  )
  for (const table of ['outcomes', 'event_keys', 'fences', 'decisions'])
    assert.equal(await count(table, 'acme', `case_id = 'never-opened'`), 0, table)
  assert.equal(await count('outcomes', 'acme', `case_id in ('opened-here', 'known-case')`), 2)
})

test('an outcome or message needs its case, in this tenant; one of the same batch will do', async () => {
  const outcome = (caseId: string, tenant = 'acme'): RawEvent => ({
    tenant,
    kind: 'lead.outcome',
    data: { lead_id: caseId, outcome: 'booked', time_to_conversion: 1800 },
  })
  const { caseId } = recorded((await run(lead()))[0])
  const known = recorded((await run(outcome(caseId)))[0])
  assert.deepEqual(known.outcome, { outcome: 'booked', label: 1 })
  assert.deepEqual(await run(outcome(caseId, 'intruder')), [{ status: 'rejected', code: 'case_not_found' }])
  assert.deepEqual(await run(outcome('L0000000000000-000000')), [{ status: 'rejected', code: 'case_not_found' }])
  assert.equal(await count('outcomes', 'intruder'), 0)
  const fresh = 'L1763719200000-00beef'
  const together = await run(lead({}, { caseId: fresh, eventId: 'together' }), outcome(fresh))
  assert.deepEqual(
    together.map(eventResult => eventResult.status),
    ['recorded', 'recorded'],
  )
  assert.equal(await count('fences', 'acme', `case_id = '${caseId}'`), 1)
})

test('a lead id that is taken already gets a new one, and no lead is lost', async () => {
  await using mine = await openTestDatabase()
  // Random bits that repeat: every second id clashes with an earlier one.
  let draw = 0
  const clashing = { ...randomIds(), bits24: () => Math.floor(draw++ / 2) }
  await using line = await open(mine, clashing)
  const leads = Array.from({ length: 20 }, (_, i) => ({
    raw: lead({}, i % 2 ? { eventId: `e${i}` } : {}),
    at,
    startedMs: 0,
  }))
  const ids = new Set<string>()
  for (const arrival of leads) ids.add(recorded((await line.run([arrival]))[0]).caseId)
  assert.equal(ids.size, 20)
  await coinsAreOfTheirEvents(mine, line, 20)
})

/** Every stored coin is the draw of the event id beside it, also where that id was made anew on the way. */
async function coinsAreOfTheirEvents(on: TestDatabase, line: Core, decisions: number): Promise<void> {
  const [question] = podNamed('customer-ops').questions
  const autonomy = line.active.snapshot().autonomy('acme', question)
  const { rows } = await on.db.read(['acme'], db =>
    db.query<{ event_id: string; audit_coin: number }>('select event_id, audit_coin from decisions'),
  )
  assert.equal(rows.length, decisions)
  for (const { event_id, audit_coin } of rows)
    assert.equal(audit_coin, autonomy.draws(drawWords({ eventId: event_id, question })).audit, event_id)
}

test('an event has the same coin in every process of an installation, and another one for another tenant', async () => {
  const coinOf = async (tenant: string): Promise<number | null | undefined> => {
    await using mine = await openTestDatabase()
    await using line = await open(mine, randomIds())
    const [found] = await line.run([{ raw: lead({}, { tenant, eventId: 'same', caseId: tenant }), at, startedMs: 0 }])
    return recorded(found).decision?.auditCoin
  }
  const [first, again, other] = [await coinOf('acme'), await coinOf('acme'), await coinOf('zenith')]
  assert.ok(typeof first === 'number' && first >= 0 && first < 1)
  assert.equal(again, first)
  assert.notEqual(other, first)
})

test('lead ids that meet inside one batch are told apart: as many decisions as leads, each under its own id', async () => {
  await using mine = await openTestDatabase()
  let draw = 0
  const clashing = { ...randomIds(), bits24: () => Math.floor(draw++ / 4) }
  await using line = await open(mine, clashing)
  const leads = Array.from({ length: 12 }, (_, i) => ({
    raw: lead({ name: `Ann ${i}` }, i % 3 === 0 ? { eventId: `e${i}` } : {}),
    at,
    startedMs: 0,
  }))
  const eventResults = await line.run(leads)
  const ids = new Set(eventResults.map(eventResult => recorded(eventResult).caseId))
  assert.equal(ids.size, 12)
  const { rows } = await mine.db.transaction(['acme'], db =>
    db.query<{ case_id: string; decision_id: string }>('select case_id, decision_id from decisions'),
  )
  assert.deepEqual(
    new Map(rows.map(row => [row.case_id, row.decision_id])),
    new Map(eventResults.map(eventResult => [recorded(eventResult).caseId, recorded(eventResult).decision?.id])),
  )
  assert.equal(rows.length, 12)
  await coinsAreOfTheirEvents(mine, line, 12)
})

test('a case that another event opened is refused by name, and its neighbours are recorded', async () => {
  const row = (eventId: string, rowId: string): RawEvent => ({
    tenant: 'acme',
    kind: 'row.recorded',
    eventId,
    data: { row_id: rowId, columns: {} },
  })
  const inOne = await run(lead(), row('r1', 'row 7'), row('r2', 'row 7'), row('r3', 'row 8'))
  assert.deepEqual(
    inOne.map(eventResult => (eventResult.status === 'rejected' ? eventResult.code : eventResult.status)),
    ['recorded', 'recorded', 'case_exists', 'recorded'],
  )
  const later = await run(row('r4', 'row 7'), row('r1', 'row 7'), lead())
  assert.deepEqual(
    later.map(eventResult => (eventResult.status === 'rejected' ? eventResult.code : eventResult.status)),
    ['case_exists', 'duplicate', 'recorded'],
  )
  assert.equal(await count('decisions', 'acme', `case_id in ('row 7', 'row 8')`), 2)
})

test('a batch of 60 leaves the same bytes as 60 batches of one', async () => {
  const arrivals = Array.from({ length: 60 }, (_, i) => ({
    raw: lead(
      { details: `lead number ${i}` },
      { eventId: `same-${i}`, caseId: `L1763719200000-${i.toString(16).padStart(6, '0')}` },
    ),
    at: new Date(at.getTime() + i * 1000),
    startedMs: 0,
    ids: seededIds(rng('bytes'), i),
  }))
  const bytes = async (batches: (typeof arrivals)[]): Promise<string> => {
    await using mine = await openTestDatabase()
    await using line = await open(mine, randomIds())
    for (const batch of batches) await line.run(batch)
    return mine.db.transaction(['acme'], async db => {
      const { rows } = await db.query<{ text: string }>('select d::text as text from decisions d order by recorded_at')
      return rows.map(row => row.text).join('\n')
    })
  }
  // The ids of each event are those of its place in the history, whatever walks beside it.
  const anew = arrivals.map((arrival, i) => ({ ...arrival, ids: seededIds(rng('bytes'), i) }))
  assert.equal(await bytes([arrivals]), await bytes(anew.toReversed().map(arrival => [arrival])))
})

test('one tenant never reads another, and only because of the row-level policy', async () => {
  await using mine = await openTestDatabase()
  await using line = await open(mine, randomIds())
  await line.run([lead(), lead({}, { tenant: 'rival' })].map(raw => ({ raw, at, startedMs: 0 })))
  const seen = () =>
    mine.db.transaction(['acme'], async db => {
      const { rows } = await db.query<{ tenant_id: string }>('select distinct tenant_id from decisions order by 1')
      return rows.map(row => row.tenant_id)
    })
  assert.deepEqual(await seen(), ['acme'])
  const { rows } = await mine.db.transaction([], db => db.query('select * from decisions_2026_11'))
  assert.deepEqual(rows, [], 'a partition read directly shows no more than its parent')
  // The test can fail: without the policy both tenants are seen.
  await using owner = openDatabase(mine.address, mine.role, 1)
  await owner.transaction([], async db => {
    await db.query('drop policy tenant_rows on decisions')
    await db.query('alter table decisions disable row level security')
  })
  assert.deepEqual(await seen(), ['acme', 'rival'])
})
