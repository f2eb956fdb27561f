import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startWorld, type World } from './testing/start-world.ts'

// Attack: whoever holds a key of an operator makes up leads, says of all of them that they booked, and has the machine act on the
// real ones. A system of record that does the same to the letter earns a certificate, so that what stops the others is who they are.
let world: World
let clock = Date.parse('2026-11-21T10:00:00Z')
before(async () => {
  world = await startWorld({ now: () => new Date(clock) })
  for (const tenant of ['acme', ...tenants]) {
    const body = { attributes: [{ name: 'budget', kind: 'numeric' }] }
    const key = await world.key('admin', tenant)
    assert.equal((await world.call('/ops/settings/attributes?apply=true', { method: 'PUT', body, key })).status, 200)
  }
  for (const tenant of [...tenants, 'acme']) {
    // The others are known to the model by leads of which none is one to act on.
    const budgets = Array.from({ length: 600 }, (_, i) => (i * 37) % 100).filter(
      (budget, i) => tenant === 'acme' || (i < 150 && budget < 40),
    )
    const crm = await keyOf(tenant, 'history', true)
    await tell(crm, await makeUp(crm, budgets), i => (books(budgets[i]!, i) ? 'booked' : 'ghosted'))
  }
  // Nor is one learned from that is younger.
  clock += 8 * day
  const key = await world.key('admin', '*')
  const trained = await world.call('/ops/retrain?reason=first', { method: 'POST', key })
  assert.equal(trained.data?.accepted, true, trained.text)
  // Its cuts are frozen before it decides.
  await world.app.refreshAutonomy()
  // A record waits until outcomes are known of leads that the model was not fitted on.
  for (const tenant of tenants) {
    const crm = await keyOf(tenant, 'since then', true)
    const budgets = Array.from({ length: 120 }, (_, i) => (i * 7) % 40)
    await tell(crm, await makeUp(crm, budgets), () => 'ghosted')
  }
  clock += 8 * day
  // The hourly look: from now on a record counts what is decided, whoever made it up.
  await world.app.refreshAutonomy()
})
after(() => world[Symbol.asyncDispose]())

const tenants = ['record', 'burst', 'slow', 'several', 'crossing', 'minute', 'patient']

async function keyOf(tenant: string, name: string, system_of_record = false): Promise<string> {
  const body = { role: 'operator', name, system_of_record }
  const { data } = await world.call('/ops/keys', { body, key: await world.key('admin', tenant) })
  return data.key
}

/** Much money books, little does not, and in between nobody knows. */
const books = (budget: number, i: number): boolean => (budget >= 40 && budget < 75 ? i % 2 === 0 : budget >= 75)

let sent = 0
const minute = 60_000
/** What is told within a minute of its case says nothing of how long outcomes take, and no case counts before a week. */
const day = 86_400_000

/** One lead of each budget; their ids. */
async function makeUp(key: string, budgets: readonly number[]): Promise<readonly string[]> {
  const body = budgets.map(budget => ({
    event_id: `lead-${sent++}`,
    type: 'lead.created',
    occurred_at: new Date(clock).toISOString(),
    data: { name: 'Jane Doe', email: `jane${sent}@example.com`, details: 'a quote please', attributes: { budget } },
  }))
  const { data } = await world.call('/v1/events', { body, key })
  clock += day
  return data.items.map((item: { case_id: string }) => item.case_id)
}

/** @param waits between two requests, in milliseconds */
async function tell(
  key: string,
  ids: readonly string[],
  outcome: (i: number) => string = () => 'booked',
  together = 1000,
  waits = 0,
): Promise<void> {
  for (let from = 0; from < ids.length; from += together) {
    const body = ids.slice(from, from + together).map((lead_id, i) => ({
      event_id: `told-${sent++}`,
      type: 'lead.outcome',
      occurred_at: new Date(clock).toISOString(),
      data: { lead_id, outcome: outcome(from + i) },
    }))
    const { data } = await world.call('/v1/events', { body, key })
    assert.ok(data.items.every((item: { status: string }) => item.status === 'recorded'))
    clock += waits
  }
}

const sure = (count: number): number[] => Array.from({ length: count }, () => 95)

/** What the tenant has earned: its certificate, and how many of 20 real leads the machine acted on. */
async function earned(tenant: string, days = 8) {
  clock += days * day
  await world.app.refreshAutonomy()
  const key = await world.key('operator', tenant)
  const overview = await world.call('/ops/autonomy?pod=customer-ops', { key })
  const [start] = overview.data.pods[0].actions
  let acted = 0
  for (let i = 0; i < 20; i++) {
    const data = {
      name: 'John Roe',
      email: `john${i}@example.com`,
      details: 'a quote please',
      attributes: { budget: 95 },
    }
    const answer = await world.call('/v1/lead', { body: data, key })
    if (answer.data.decision.state === 'acted') acted++
  }
  return { certificate: start.certificate, acted }
}
const nothing = async (tenant: string) => {
  const { certificate, acted } = await earned(tenant)
  assert.deepEqual([certificate, acted], [null, 0])
}

test('a system of record that tells of 300 leads of its own earns a certificate, which says who labelled', async () => {
  const key = await keyOf('record', 'crm of ours', true)
  await tell(key, await makeUp(key, sure(300)))
  let { certificate, acted } = await earned('record')
  assert.ok(certificate !== null)
  // The process hears of it by a notice.
  for (let tries = 0; acted === 0 && tries < 50; tries++) acted = (await earned('record', 0)).acted
  assert.ok(acted > 0)
  const signed = await world.call(`/ops/certificates/${certificate.id}`, { key: await world.key('operator', 'record') })
  assert.equal(signed.data.verdict.ok, true)
  assert.deepEqual(signed.data.document.labelled_by, [
    { who: `key:${key.split('_')[1]}`, name: 'crm of ours', rows: 300, share: 1 },
  ])
})

test('300 made-up leads with their outcomes within a minute earn nothing', async () => {
  const key = await keyOf('burst', 'operator')
  await tell(key, await makeUp(key, sure(300)))
  await nothing('burst')
})

test('the same slowly, below every limit, earns nothing: the key opened the cases itself', async () => {
  const key = await keyOf('slow', 'operator')
  for (let lot = 0; lot < 6; lot++) await tell(key, await makeUp(key, sure(50)), undefined, 25, minute)
  await nothing('slow')
})

test('several keys, each with leads of its own, earn nothing', async () => {
  for (const name of ['one', 'two', 'three']) {
    const key = await keyOf('several', name)
    for (let lot = 0; lot < 2; lot++) await tell(key, await makeUp(key, sure(50)), undefined, 25, minute)
  }
  await nothing('several')
})

test('one key that opens and another that tells of all at once earn nothing', async () => {
  await tell(await keyOf('crossing', 'tells'), await makeUp(await keyOf('crossing', 'opens'), sure(300)))
  await nothing('crossing')
})

test('nor does the other in small requests within a minute', async () => {
  await tell(await keyOf('minute', 'tells'), await makeUp(await keyOf('minute', 'opens'), sure(300)), undefined, 50)
  await nothing('minute')
})

test('what two keys in the same hands could earn with patience waits until an admin has seen who labelled, where a first certificate is to be accepted', async () => {
  const admin = await world.key('admin', 'patient')
  const setting = { actions: { start_followup: { first_certificate: 'accept' } } }
  const put = { method: 'PUT', body: setting, key: admin }
  assert.equal((await world.call('/ops/settings/autonomy?apply=true', put)).status, 200)
  const tells = await keyOf('patient', 'tells')
  await tell(tells, await makeUp(await keyOf('patient', 'opens'), sure(300)), undefined, 30, minute)
  await nothing('patient')
  const operator = await world.key('operator', 'patient')
  const overview = async () =>
    (await world.call('/ops/autonomy?pod=customer-ops', { key: operator })).data.pods[0].actions[0]
  const { waiting, shortfall, first_certificate } = await overview()
  assert.deepEqual([shortfall, first_certificate], [null, 'accept'])
  assert.deepEqual(waiting.labelled_by, [{ who: `key:${tells.split('_')[1]}`, name: 'tells', rows: 300, share: 1 }])
  const lead = { name: 'John Roe', email: 'j@example.com', details: 'a quote please', attributes: { budget: 95 } }
  const asked = async () => (await world.call('/v1/lead', { body: lead, key: operator })).data.decision
  assert.deepEqual([(await asked()).state, (await asked()).reason], ['queued', 'not_accepted'])

  const path = `/ops/certificates/${waiting.id}`
  assert.equal((await world.call(path, { key: operator })).data.verdict.state, 'waiting')
  const body = { reason: 'checked with the ones who booked' }
  assert.equal((await world.call(`${path}/accept`, { body, key: operator })).status, 403)
  assert.equal((await world.call(`${path}/accept`, { body: { reason: ' ' }, key: admin })).status, 422)
  const foreign = await world.key('admin', 'burst')
  assert.equal((await world.call(`${path}/accept`, { body, key: foreign })).status, 404)
  const accepted = await world.call(`${path}/accept`, { body, key: admin })
  assert.deepEqual([accepted.status, accepted.data.accepted.reason], [200, body.reason])
  assert.equal((await world.call(`${path}/accept`, { body, key: admin })).data, undefined, 'it waits no more')
  const { verdict } = (await world.call(path, { key: operator })).data
  assert.deepEqual([verdict.state, verdict.accepted.reason], ['in_force', body.reason])
  assert.deepEqual([(await overview()).waiting, (await overview()).certificate.id], [null, waiting.id])
  // Some are drawn for a blind audit of what would be done.
  assert.ok(['above_threshold_certified', 'blind_audit'].includes((await asked()).reason))
})
