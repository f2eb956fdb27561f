import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { RawEvent, Sender } from '@surety/contract'
import { outcomesOfCase } from '../store/outcomes.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { openActingCore, record } from '../testing/acting-core.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const minute = 60_000
const start = Date.parse('2026-11-21T10:00:00Z')
let clock = new Date(start)
const two = await Promise.all([0, 1].map(() => openActingCore(database, () => clock)))
after(() => Promise.all(two.map(core => core[Symbol.asyncDispose]())))
const [core, other] = two as [(typeof two)[0], (typeof two)[0]]

const by = (key: string, more: Partial<Sender> = {}): Sender => ({ key, systemOfRecord: false, outcomes: 1, ...more })
const lead = (tenant: string, caseId: string, sender?: Sender): RawEvent => ({
  tenant,
  kind: 'lead.created',
  eventId: caseId,
  caseId,
  ...(sender !== undefined && { sender }),
  data: { name: 'Jane Doe', email: 'jane@example.com', details: 'need an estimate' },
})
const told = (tenant: string, lead_id: string, sender?: Sender, more: Partial<RawEvent> = {}): RawEvent => ({
  tenant,
  kind: 'lead.outcome',
  eventId: `told ${lead_id}`,
  ...(sender !== undefined && { sender }),
  data: { lead_id, outcome: 'booked' },
  ...more,
})
const idsOf = (count: number, prefix = 'L'): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`)

/** What is known of the newest outcome of each case: who told it, what its label counts as, and why. */
async function labels(tenant: string, caseIds: readonly string[]) {
  const opened = new Date(start - minute)
  const found = await Promise.all(
    caseIds.map(async caseId => {
      const [newest] = await db.read([tenant], handle =>
        outcomesOfCase(handle, tenant, 'customer-ops', { caseId, recordedAt: opened }),
      )
      const { sender, quality, bulk } = newest!
      return [sender, quality, bulk] as const
    }),
  )
  return found
}
const bulkOnes = async (tenant: string, ids: readonly string[]) =>
  (await labels(tenant, ids)).filter(([, , bulk]) => bulk === 'one_minute').length

before(async () => {
  clock = new Date(start - minute / 2)
  const tenants = ['own', 'request', 'minute', 'race', 'record']
  const raws = tenants.flatMap(tenant => idsOf(200).map(id => lead(tenant, id, by('form'))))
  await record(core, clock, ...raws)
  clock = new Date(start)
})

test('an outcome of the key that opened the case counts as given in bulk, in a batch of its own or in that of its case', async () => {
  await record(core, clock, told('own', 'L0', by('form')), told('own', 'L1', by('crm')), told('own', 'L2'))
  await record(core, clock, lead('own', 'both', by('crm')), told('own', 'both', by('crm')))
  await record(core, clock, lead('own', 'two', by('form')), told('own', 'two', by('crm')))
  // The case was there before: what opens it once more in the batch is refused and says nothing of who did.
  await core.run(
    [lead('own', 'L3', by('crm')), told('own', 'L3', by('crm'))].map(raw => ({ raw, at: clock, startedMs: 0 })),
  )
  assert.deepEqual(await labels('own', ['L0', 'L1', 'L2', 'both', 'two', 'L3']), [
    ['form', 'bulk', 'own_case'],
    ['crm', 'human', null],
    [null, 'human', null],
    ['crm', 'bulk', 'own_case'],
    ['crm', 'human', null],
    ['crm', 'human', null],
  ])
})

test('what a person answers in the inbox is bound by the same rules, and what is said to be imported too', async () => {
  const data = { lead_id: 'L12', outcome: 'booked', source: 'imported' }
  await record(
    core,
    clock,
    told('own', 'L10', by('form'), { quality: 'audit' }),
    told('own', 'L11', by('crm'), { quality: 'audit' }),
    told('own', 'L12', by('form'), { data }),
    told('own', 'L13', by('crm'), { quality: 'bulk' }),
  )
  assert.deepEqual(await labels('own', ['L10', 'L11', 'L12', 'L13']), [
    ['form', 'bulk', 'own_case'],
    ['crm', 'audit', null],
    ['form', 'bulk', 'own_case'],
    ['crm', 'bulk', null],
  ])
})

test('what an admin imports is the history of the tenant, however it comes; what an admin reports is bound like all', async () => {
  const admin = by('boss', { admin: true, outcomes: 1000 })
  const raws = idsOf(70, 'A').flatMap(id => [
    lead('own', id, admin),
    told('own', id, admin, { data: { lead_id: id, outcome: 'booked', source: 'imported' } }),
  ])
  await record(core, clock, ...raws, lead('own', 'reported', admin), told('own', 'reported', admin))
  const found = await labels('own', [...idsOf(70, 'A'), 'reported'])
  assert.ok(found.slice(0, 70).every(([, quality, bulk]) => quality === 'imported' && bulk === null))
  assert.deepEqual(found.at(-1), ['boss', 'bulk', 'own_case'])
})

test('more than fifty outcomes in a request count as given in bulk, fifty do not', async () => {
  await record(core, clock, ...idsOf(10).map(id => told('request', id, by('fifty', { outcomes: 50 }))))
  await record(
    core,
    clock,
    ...idsOf(20)
      .slice(10)
      .map(id => told('request', id, by('more', { outcomes: 51 }))),
  )
  const found = await labels('request', idsOf(20))
  assert.ok(found.slice(0, 10).every(([, quality, bulk]) => quality === 'human' && bulk === null))
  assert.ok(found.slice(10).every(([, quality, bulk]) => quality === 'bulk' && bulk === 'one_request'))
})

test('of a key the outcomes beyond the sixtieth within a minute count as given in bulk; a repeated one is not counted', async () => {
  const ids = idsOf(200)
  for (const id of ids.slice(0, 59)) await record(core, clock, told('minute', id, by('crm')))
  await record(core, clock, told('minute', ids[0]!, by('crm')), told('minute', ids[59]!, by('crm')))
  assert.equal(await bulkOnes('minute', ids.slice(0, 60)), 0)
  clock = new Date(start + minute)
  await record(core, clock, ...ids.slice(60, 65).map(id => told('minute', id, by('crm'))))
  assert.equal(await bulkOnes('minute', ids.slice(60, 65)), 5, 'the minute is not over at its very end')
  await record(core, clock, ...ids.slice(65, 70).map(id => told('minute', id, by('somebody else'))))
  assert.equal(await bulkOnes('minute', ids.slice(65, 70)), 0)
  clock = new Date(start + minute + 1)
  await record(core, clock, ...ids.slice(70, 140).map(id => told('minute', id, by('crm'))))
  const bulk = (await labels('minute', ids.slice(70, 140))).map(([, , why]) => why)
  assert.deepEqual(bulk, [...Array.from({ length: 60 }, () => null), ...Array.from({ length: 10 }, () => 'one_minute')])
  // A clock that was a day ahead for a moment does not leave the key in that minute until then.
  const ahead = new Date(start + 86_400_000)
  await record(other, ahead, told('minute', ids[140]!, by('crm')))
  await record(core, clock, told('minute', ids[141]!, by('crm')))
  assert.equal(await bulkOnes('minute', ids.slice(140, 142)), 0)
})

test('two processes count one minute together, whatever their batches and their order: exactly sixty count', async () => {
  clock = new Date(start)
  const ids = idsOf(200)
  const cuts = [1, 7, 1, 3, 20, 1, 1, 12]
  const batches: RawEvent[][] = []
  for (let i = 0, cut = 0; i < ids.length; cut++) {
    const size = cuts[cut % cuts.length]!
    batches.push(ids.slice(i, i + size).map((id, n) => told('race', id, by(n % 3 === 2 ? 'other' : 'crm'))))
    i += size
  }
  await Promise.all(batches.map((raws, i) => record(two[i % 2]!, clock, ...raws)))
  const found = await labels('race', ids)
  for (const key of ['crm', 'other']) {
    const mine = found.filter(([sender]) => sender === key)
    assert.equal(mine.filter(([, quality]) => quality === 'human').length, Math.min(60, mine.length), key)
    assert.equal(mine.filter(([, , bulk]) => bulk === 'one_minute').length, Math.max(0, mine.length - 60), key)
  }
})

test('none of the rules binds a key that is a system of record', async () => {
  const crm = by('form', { systemOfRecord: true, outcomes: 200 })
  await record(core, clock, ...idsOf(200).map(id => told('record', id, crm)))
  assert.ok(
    (await labels('record', idsOf(200))).every(
      ([key, quality, bulk]) => key === 'form' && quality === 'human' && bulk === null,
    ),
  )
})

test('the limits are settings of the tenant', async () => {
  const value = JSON.stringify({ country: 'US', outcomes_per_request: 2, outcomes_per_minute: 3 })
  await db.transaction(['few'], handle =>
    handle.query(
      `insert into settings (tenant_id, pod, name, version, value, recorded_at, actor) values ('few', '*', 'tenant', 1, $1, now(), 'test')`,
      [value],
    ),
  )
  const ids = idsOf(6)
  await record(core, clock, ...ids.map(id => lead('few', id, by('form'))))
  await record(core, clock, ...ids.slice(0, 4).map(id => told('few', id, by('crm'))))
  await record(core, clock, told('few', 'L4', by('person', { outcomes: 3 })), told('few', 'L5', by('person')))
  const why = (await labels('few', ids)).map(([, , bulk]) => bulk)
  assert.deepEqual(why, [null, null, null, 'one_minute', 'one_request', null])
})
