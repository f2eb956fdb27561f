// What was planted of a person in every field that takes text is nowhere once the person is erased; books, receipts and audit hold.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eraseDirectly } from './commands/erase.ts'
import { verifyAudit } from './manage/audit/verify-audit.ts'
import { eraseCase } from './manage/erasure/erase.ts'
import { issueReceipt } from './manage/receipts/issue.ts'
import { testKey } from './manage/receipts/testing/ledger.ts'
import { verifyLedger } from './manage/receipts/verify-ledger.ts'
import { retain } from './manage/retention/retain.ts'
import { type Audit, auditOf } from './store/audit.ts'
import { countStates } from './store/conservation.ts'
import { schemaName } from './store/db.ts'
import { eraseRows } from './store/erasure.ts'
import type { HeldCase } from './store/fences.ts'
import { startWorld, type World } from './testing/start-world.ts'
import { openSuperuser, type Superuser } from './testing/superuser.ts'

let world: World
let superuser: Superuser
let admin: string
test.before(async () => {
  world = await startWorld()
  superuser = await openSuperuser(world.database.address)
  admin = await world.key('admin')
  const attributes = { attributes: [{ name: 'roof', kind: 'categorical' }] }
  await saved('attributes', attributes)
  await saved('policy', { columns: [{ name: 'city', kind: 'categorical' }] }, 'table')
})
test.after(async () => {
  await superuser[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

async function saved(name: string, body: object, pod?: string): Promise<void> {
  const query = `?apply=true${pod === undefined ? '' : `&pod=${pod}`}`
  const { status, text } = await world.call(`/ops/settings/${name}${query}`, { method: 'PUT', body, key: admin })
  assert.equal(status, 200, text)
}

/** `table: row` of every row of every table that holds the word, whatever its case. */
async function holding(word: string): Promise<readonly string[]> {
  const tables = await superuser.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = '${schemaName}' order by 1`,
  )
  const found: string[] = []
  for (const { name } of tables) {
    const rows = await superuser.query<{ row: string }>(
      `select t::text as row from ${schemaName}.${name} t where t::text ilike '%${word}%'`,
    )
    found.push(...rows.map(({ row }) => `${name.replace(/_\d{4}_\d\d$/, '')}: ${row.slice(0, 300)}`))
  }
  return found
}
const tablesOf = (found: readonly string[]) => [...new Set(found.map(line => line.split(':')[0]))]

const erase = (path: string, key = admin, reason = 'asked by letter') =>
  world.call(`${path}?reason=${encodeURIComponent(reason)}`, { method: 'DELETE', key })

async function soundBooks(): Promise<void> {
  const { db } = world.app
  const report = await verifyLedger(db, 'acme')
  assert.deepEqual(report.problems, [])
  assert.equal((await db.transaction(['acme'], handle => verifyAudit(handle, 'acme'))).ok, true)
  const [from, to] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 60_000)]
  for (const pod of ['customer-ops', 'table']) {
    const counts = await db.transaction(['acme'], handle => countStates(handle, 'acme', pod, from, to))
    assert.deepEqual(
      counts.filter(({ lost }) => lost > 0),
      [],
    )
  }
}
const erasedRecords = async () => (await verifyLedger(world.app.db, 'acme')).erased

/** A lead with the mark wherever a text may stand, talked with, asked about and approved. */
async function marked(externalId: string, mark: string) {
  const headers = { 'idempotency-key': `key-${externalId}` }
  const body = {
    name: `Jane ${mark}`,
    phone: '612-555-1212',
    email: `${mark}@example.com`,
    company: `${mark} Inc`,
    details: `The roof of ${mark} leaks, ${mark}@example.com`,
    source: mark,
    preferred_channel: 'email',
    external_id: externalId,
    attributes: { roof: mark },
  }
  const { data, text, status } = await world.call('/v1/lead', { body })
  assert.equal(status, 200, text)
  const id: string = data.lead_id
  await world.app.db.transaction(['acme'], db => db.query('update inbox set blinded = false'))
  const said = await world.call(`/v1/lead/${id}/messages`, {
    body: { role: 'user', text: `call ${mark}`, channel: 'sms' },
    headers,
  })
  assert.equal(said.status, 200, said.text)
  const told = await world.call(`/v1/lead/${id}/outcome`, {
    body: { outcome: 'nurture', notes: `${mark} thinks about it` },
  })
  assert.equal(told.status, 200, told.text)
  return { id, body, decision: data.decision.id as string }
}

test('a person that was planted everywhere is nowhere after the erasure, and every book still holds', async () => {
  const mark = 'okapi1'
  const { id, body, decision } = await marked('crm-1', mark)
  const { data: other } = await world.call('/v1/lead', {
    body: {
      ...body,
      external_id: 'crm-2',
      name: 'Tapir',
      email: 'x@example.com',
      company: 'T',
      details: 'tapir',
      source: 't',
      preferred_channel: 'sms',
      attributes: {},
    },
  })
  const leased = await world.call('/v1/inbox/next', { body: { pod: 'customer-ops' } })
  assert.equal(leased.data.case.case_id, id)
  const approval = { answer: 'approve', lease_token: leased.data.lease_token, notes: `${mark} agreed` }
  assert.equal((await world.call(`/v1/inbox/${id}/answer`, { body: approval })).status, 200)
  const before = tablesOf(await holding(mark))
  for (const table of ['decisions', 'events', 'idempotency', 'inbox', 'messages', 'outcomes'])
    assert.ok(before.includes(table), `${table} held nothing: ${before.join()}`)
  await soundBooks()
  await superuser.query(`insert into ${schemaName}.outbox (tenant_id, case_id, decision_id, step, pod, channel, text, recorded_at)
    values ('acme', '${id}', '${decision}', 'letter', 'customer-ops', 'letter', 'an offer', now())`)

  const erased = await erase(`/v1/lead/${id}`)
  assert.equal(erased.status, 200, erased.text)
  assert.deepEqual([erased.data.records, erased.data.cancelled, erased.data.again], [1, 1, false])
  assert.deepEqual(await holding(mark), [])
  assert.deepEqual(tablesOf(await holding('crm-1')), ['event_keys'], 'the id of the sender is a key and nothing else')
  const left = await superuser.query<{ sealed: Buffer | null; search: string | null; features: string; more: string }>(
    `select e.sealed, e.search, d.features::text, concat_ws('/', e.payload, e.pii, d.enrichment, d.notes, d.subject) as more from ${schemaName}.events e join ${schemaName}.decisions d using (tenant_id, case_id) where case_id = '${id}'`,
  )
  assert.equal(left.length, 1)
  assert.deepEqual([left[0]!.sealed, left[0]!.search], [null, null])
  assert.equal(left[0]!.more, '{}/{}/', 'neither tokens nor what was made of the text')
  const beside = await superuser.query<{ sent: number; hashed: number }>(
    `select (select count(*)::int from ${schemaName}.outbox where case_id = '${id}') as sent,
      (select count(*)::int from ${schemaName}.event_keys where case_id = '${id}' and payload_hash <> '') as hashed`,
  )
  assert.deepEqual(beside, [{ sent: 0, hashed: 0 }])
  assert.match(left[0]!.features, /^\[null(,null)*\]$/)
  const ends = await superuser.query<{ state: string; to_state: string; reason: string }>(
    `select a.state, t.to_state, t.reason from ${schemaName}.acts a join ${schemaName}.transitions t using (tenant_id, case_id)
     where case_id = '${id}' order by t.recorded_at desc limit 1`,
  )
  assert.deepEqual(ends, [{ state: 'cancelled', to_state: 'suppressed', reason: 'erased' }])
  await soundBooks()
  assert.equal(await erasedRecords(), 1)

  const list = (await world.call('/v1/lead')).data.items.map((one: { id: string }) => one.id)
  assert.deepEqual(list, [other.lead_id])
  for (const path of [`/v1/lead/${id}`, `/v1/lead/${id}/history`, `/v1/decisions/${decision}/explain`])
    assert.equal((await world.call(path)).status, 404, path)
  assert.equal((await world.call(`/v1/search?q=${mark}`)).data.count, 0)
  for (const [path, sent] of [
    ['messages', { role: 'user', text: 'again' }],
    ['outcome', { outcome: 'booked' }],
  ] as const)
    assert.equal((await world.call(`/v1/lead/${id}/${path}`, { body: sent })).status, 404, path)
  const repeated = await world.call('/v1/lead', { body })
  assert.deepEqual(
    [repeated.status, repeated.body.code],
    [410, 'record_expired'],
    'a delivery again brings nobody back',
  )
  assert.doesNotMatch((await world.call('/ops/export/outcomes.csv')).text, new RegExp(mark))
  assert.deepEqual(await holding(mark), [])
})

test('a second erasure changes nothing and says so; who may not, gives no reason or means another lead is refused', async () => {
  const { id, decision } = await marked('crm-3', 'okapi3')
  assert.equal((await erase(`/v1/lead/${id}`, await world.key('operator'))).status, 403)
  const silent = await erase(`/v1/lead/${id}`, admin, ' ')
  assert.deepEqual([silent.status, silent.body.code], [422, 'reason_required'])
  assert.equal((await world.call(`/v1/lead/${id}`, { method: 'DELETE', key: admin })).status, 422)
  assert.equal((await erase(`/v1/lead/${id}`, await world.key('admin', 'borg'))).status, 404)
  assert.equal((await erase('/v1/lead/L0000000000000-000000')).status, 404)
  assert.equal((await erase(`/v1/cases/table/${id}`)).body.code, 'case_not_found')
  assert.equal((await erase(`/v1/cases/nothing/${id}`)).body.code, 'case_not_found')
  const waits = async (change = '') => {
    if (change !== '') await superuser.query(`update ${schemaName}.inbox set ${change} where case_id = '${id}'`)
    return (
      await superuser.query<{ state: string }>(`select state from ${schemaName}.inbox where case_id = '${id}'`)
    )[0]?.state
  }
  const receipt = () => issueReceipt({ db: world.app.db, key: testKey(), now: () => new Date() }, 'acme', decision)
  assert.equal(await waits('blinded = true'), 'open')
  await assert.rejects(receipt(), /is withheld until somebody has answered the case/)
  await waits('blinded = false')
  assert.equal((await receipt())['format'], 'surety.receipt/2')
  const first = await erase(`/v1/lead/${id}`)
  assert.equal(await waits(), 'withdrawn')
  await assert.rejects(receipt(), /was made from was erased/)
  const audited = () =>
    superuser.query<{ detail: object; reason: string }>(
      `select detail, reason from ${schemaName}.audit where action = 'case.erased' and detail ->> 'case_id' = '${id}'`,
    )
  const [entry, ...more] = await audited()
  assert.deepEqual(more, [])
  assert.equal(entry?.reason, 'asked by letter')
  const second = await erase(`/v1/lead/${id}`)
  assert.deepEqual(second.data, { ...first.data, records: 0, cancelled: 0, again: true })
  const order = { tenant: 'acme', pod: 'customer-ops', caseId: id, reason: 'from the command line' }
  const beside = await eraseDirectly(world.app.config, order)
  assert.deepEqual([beside.erased_at, beside.again], [first.data.erased_at, true])
  await assert.rejects(eraseDirectly(world.app.config, { ...order, caseId: 'nobody' }), { code: 'case_not_found' })
  assert.equal((await audited()).length, 1)
  await soundBooks()
})

test('nothing is erased under the fence of another case', async () => {
  const one = { tenant: 'acme', pod: 'customer-ops', caseId: 'a', openedAt: new Date() }
  for (const held of [
    { tenant: 'acme', caseId: 'b' },
    { tenant: 'borg', caseId: 'a' },
  ] as unknown as HeldCase[])
    await assert.rejects(
      world.app.db.transaction(['acme'], handle => eraseRows(handle, one, held, [], new Date())),
      /the fence of another case is held/,
    )
})

test('a row of a table is erased like a lead, with whom it is about and its columns', async () => {
  const mark = 'okapi2'
  const row = { row_id: 'R1', subject: mark, columns: { city: mark } }
  const sent = await world.call('/v1/events', {
    body: [{ event_id: 'row-1', type: 'row.recorded', occurred_at: new Date().toISOString(), data: row }],
  })
  assert.equal(sent.data.items[0].status, 'recorded', sent.text)
  assert.ok(tablesOf(await holding(mark)).includes('decisions'))
  const erased = await erase('/v1/cases/table/R1')
  assert.deepEqual([erased.status, erased.data.case_id, erased.data.records], [200, 'R1', 1], erased.text)
  assert.deepEqual(await holding(mark), [])
  await soundBooks()
})

test('what is left of an erased record cannot be changed unseen, and nobody erases by hand', async () => {
  const { id } = await marked('crm-4', 'okapi4')
  await erase(`/v1/lead/${id}`)
  const spoiled = async (sql: string): Promise<readonly string[]> => {
    const { db } = world.app
    const client = await db.connect()
    try {
      await client.query('begin')
      await client.query(`select set_config('surety.tenants', 'acme', true)`)
      await client.query(sql)
      await client.query('commit')
      return (await verifyLedger(db, 'acme')).problems
    } finally {
      await client.end()
    }
  }
  assert.match(
    (await spoiled(`update decisions set reason = 'capped' where case_id = '${id}'`))[0]!,
    /is said to be erased/,
  )
  await spoiled(`update decisions set reason = 'no_model' where case_id = '${id}'`)
  await soundBooks()
  const { data } = await world.call('/v1/lead', { body: { name: 'Jane Doe', email: 'jane@example.com' } })
  const byHand = await spoiled(`update decisions set erased_digest = sha256('x') where case_id = '${data.lead_id}'`)
  assert.match(byHand.join(), /is said to be erased/)
  await spoiled(`update decisions set erased_digest = null where case_id = '${data.lead_id}'`)
  await soundBooks()
})

test('a message that was on its way goes with the next retention', async () => {
  const mark = 'okapi5'
  const { id } = await marked('crm-5', mark)
  const { db } = world.app
  // The message begins while the case is being erased, which it does not see, and waits for its fence.
  let message: Promise<unknown> | undefined
  const audit: Audit = async (handle, entry) => {
    message = world.call(`/v1/lead/${id}/messages`, { body: { role: 'user', text: `late ${mark}` } })
    while ((await superuser.waiting()) < 1) await new Promise(resolve => setImmediate(resolve))
    await auditOf()(handle, entry)
  }
  const order = { tenant: 'acme', pod: 'customer-ops', caseId: id, actor: 'test', reason: 'test', requestId: undefined }
  await eraseCase({ db, now: () => new Date(), audit }, order)
  await message
  assert.deepEqual(tablesOf(await holding(mark)), ['messages'])
  const days = { memoryTtlDays: 0, contactTtlDays: 0, recordTtlDays: 0 }
  await retain({ db, ...days, wallClock: null, forgetOldKeys: async () => {} }, new Date(), async work => {
    await work('acme')
    return true
  })
  assert.deepEqual(await holding(mark), [])
})
