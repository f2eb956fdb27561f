import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { appendAudit } from '../../store/audit.ts'
import { clientConfig } from '../../store/db.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { cases } from './cases.ts'
import { reveal } from './reveal.ts'
import { keysAtRest, pod, privacyOf, recordLead, recordMessage, recordOutcome } from './testing/record-leads.ts'

// A pool of one: a query that leaves its transaction hangs here instead of seeing old rows in production.
const database = await openTestDatabase({ poolSize: 1 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
type Cases = ReturnType<typeof cases>
const unread: unknown[] = []
const unreadable = (error: unknown) => void unread.push(error)
const service: Cases = cases({ db, pod, unreadable, dataKeys: keysAtRest, privacy: privacyOf, memory: true })
const forgetful: Cases = cases({ db, pod, unreadable, dataKeys: keysAtRest, privacy: privacyOf, memory: false })

const minute = 60_000
const start = Date.parse('2026-01-31T23:50:00Z')
const at = (minutes: number) => new Date(start + minutes * minute)
const all = { limit: 50 }
const searched = async (tenant: string, q: string, options: { limit: number }) =>
  (await service.search(tenant, q, options)).results

before(async () => {
  const details = ['metal roof, call 612-555-1212', 'solar panel', 'metal siding for the barn', 'a roof of slate']
  for (const [n, text] of details.entries())
    await recordLead(db, {
      tenant: 'acme',
      id: `L${n + 1}`,
      at: at(n * 5),
      details: text,
      contact: { name: `Jane Doe${n + 1}`, phone: `+1 612 555 010${n}`, email: `jane${n}@example.com` },
      probability: 0.69961,
    })
  await recordLead(db, {
    tenant: 'borg',
    id: 'B1',
    at: at(3),
    details: 'metal everything',
    contact: { name: 'Seven Nine', phone: '+1 612 555 0100' },
  })
})

test('fact 29: leads are listed newest first across months, each with its last messages', async () => {
  const { items, next } = await service.list('acme', all)
  assert.deepEqual(
    items.map(item => item.id),
    ['L4', 'L3', 'L2', 'L1'],
  )
  assert.equal(next, null)
  const oldest = items.at(-1)!
  assert.match(oldest.details, /^metal roof, call \[PHONE:[0-9a-f]{10}\]$/)
  assert.deepEqual(Object.values(oldest.last_messages[0]!.pii), ['PHONE'])
  assert.deepEqual([oldest.name, oldest.phone, oldest.email], ['J*** D***', '+* *** *** **00', 'j***@***.com'])
  assert.equal(oldest.pred_prob, 0.7)
})

test('pages follow each other without gap or repeat, also when leads share a moment', async () => {
  for (const id of ['P3', 'P1', 'P2', 'P5', 'P4']) await recordLead(db, { tenant: 'paged', id, at: at(7) })
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await service.list('paged', { limit: 2, ...(cursor === undefined ? {} : { cursor }) })
    seen.push(...page.items.map(item => item.id))
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  assert.deepEqual(seen, ['P5', 'P4', 'P3', 'P2', 'P1'])
})

test('a cursor of another tenant or made up is refused', async () => {
  const { next } = await service.list('acme', { limit: 1 })
  assert.ok(next)
  await assert.rejects(service.list('borg', { limit: 1, cursor: next }), { code: 'validation_failed' })
  await assert.rejects(service.list('acme', { limit: 1, cursor: 'x' }), { code: 'validation_failed' })
})

test('contact fields are masked in the list, in one lead and in search', async () => {
  const { items } = await service.list('acme', { limit: 1 })
  assert.deepEqual([items[0]?.name, items[0]?.phone, items[0]?.email], ['J*** D***', '+* *** *** **03', 'j***@***.com'])
  const { lead } = await service.get('acme', 'L4')
  assert.equal(lead.name, 'J*** D***')
  const [found] = await searched('acme', 'slate', { limit: 5 })
  assert.deepEqual([found?.name, found?.phone], ['J*** D***', '+* *** *** **03'])
})

test('a contact that cannot be opened is shown as none, and keeps nobody from the other leads', async () => {
  const tenant = 'spoiled'
  for (const id of ['S1', 'S2', 'S3'])
    await recordLead(db, { tenant, id, at: at(1), details: 'metal roof', contact: { name: 'Jane Doe' } })
  await db.transaction([tenant], handle =>
    handle.query(
      `update events set sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) where tenant_id = $1 and case_id = 'S2'`,
      [tenant],
    ),
  )
  const names = (items: readonly { name: string | null }[]) => items.map(({ name }) => name).sort()
  assert.deepEqual(names((await service.list(tenant, all)).items), ['J*** D**', 'J*** D**', null])
  assert.deepEqual(names(await searched(tenant, 'roof', { limit: 5 })), ['J*** D**', 'J*** D**', null])
  assert.equal((await service.get(tenant, 'S2')).lead.name, null)
  assert.equal(unread.length, 3)
  const show = reveal({ db, pod, dataKeys: keysAtRest, unreadable, now: () => at(39), audit: appendAudit })
  const actor = { kind: 'key', keyId: 'k1', tenant, role: 'operator', name: 'k1', limits: {} } as const
  await assert.rejects(show(actor, 'S2', 'name', 'calling back', 'r-9'), { code: 'contact_unreadable' })
  assert.equal(await show(actor, 'S1', 'name', 'calling back', 'r-10'), 'Jane Doe')
})

test('a reveal shows one field in full and tells the audit log who saw which, and why', async () => {
  const deps = { db, pod, dataKeys: keysAtRest, unreadable, now: () => at(39), audit: appendAudit }
  const actor = { kind: 'key', keyId: 'k1', tenant: 'acme', role: 'operator', name: 'k1', limits: {} } as const
  const show = reveal(deps)
  assert.equal(await show(actor, 'L4', 'phone', 'calling back', 'r-1'), '+1 612 555 0103')
  await recordLead(db, { tenant: 'silent', id: 'S9', at: at(1), contact: { name: 'Jane Doe' } })
  assert.equal(await show({ ...actor, tenant: 'silent' }, 'S9', 'email', 'writing to her', 'r-2'), null)
  await assert.rejects(show(actor, 'B1', 'name', 'curious', 'r-3'), { code: 'lead_not_found' })
  await assert.rejects(show(actor, 'L4', 'name', '  ', 'r-4'), { code: 'reason_required' })
  const deaf = reveal({ ...deps, audit: () => Promise.reject(new Error('the log cannot be written')) })
  await assert.rejects(deaf(actor, 'L4', 'name', 'calling back', 'r-5'), /cannot be written/)
  const { rows } = await db.transaction(['acme', 'silent'], handle =>
    handle.query(
      `select tenant_id, actor, reason, request_id, detail from audit where action = 'contact.revealed' order by tenant_id`,
    ),
  )
  assert.deepEqual(rows, [
    {
      tenant_id: 'acme',
      actor: 'key:k1',
      reason: 'calling back',
      request_id: 'r-1',
      detail: { pod, case_id: 'L4', field: 'phone', held: true },
    },
    {
      tenant_id: 'silent',
      actor: 'key:k1',
      reason: 'writing to her',
      request_id: 'r-2',
      detail: { pod, case_id: 'S9', field: 'email', held: false },
    },
  ])
})

test('one lead comes with its decision, the features by name and every outcome, newest first', async () => {
  await db.transaction(['acme'], handle =>
    handle.query(
      `insert into feature_schemas values ('acme', $1, 'named', '[{"name":"score"},{"name":"attr.age"}]', now())`,
      [pod],
    ),
  )
  const whole = { tenant: 'acme', id: 'D1', at: at(40), features: [0.7, null], schemaHash: 'named' }
  await recordLead(db, whole)
  await recordOutcome(db, { tenant: 'acme', caseId: 'D1', at: at(41), outcome: 'ghosted', label: 0 })
  await recordOutcome(db, { tenant: 'acme', caseId: 'D1', at: at(42), outcome: 'booked', label: 1, took: 0 })
  const { lead, decision, outcomes } = await service.get('acme', 'D1')
  assert.equal(lead.outcome, 'booked')
  assert.deepEqual(decision.features, { score: 0.7, 'attr.age': null })
  assert.deepEqual([decision.state, decision.reason, decision.mode], ['queued', 'no_model', 'certified'])
  assert.deepEqual(
    outcomes.map(one => [one.outcome, one.label, one.time_to_conversion]),
    [
      ['booked', 1, 0],
      ['ghosted', 0, null],
    ],
  )
  const listed = (await service.list('acme', all)).items.find(item => item.id === 'D1')
  assert.equal(listed?.outcome, 'booked')
})

test('fact 28: of 101 messages the history holds 100, newest first; a list shows the last three', async () => {
  await recordLead(db, { tenant: 'acme', id: 'H1', at: at(60), details: 'the very first' })
  const texts: string[] = []
  for (let n = 1; n <= 99; n++) texts.push(`message ${n}`)
  for (const [n, text] of texts.entries())
    await recordMessage(db, { tenant: 'acme', caseId: 'H1', id: `H1-${n}`, at: at(61 + n), text })
  const complete = await service.history('acme', 'H1', 100)
  assert.equal(complete.length, 100)
  assert.deepEqual(
    [complete[0]?.text, complete[99]?.text, complete[99]?.role],
    ['message 99', 'the very first', 'user'],
  )
  for (const n of [100, 101])
    await recordMessage(db, { tenant: 'acme', caseId: 'H1', id: `H1-${n}`, at: at(100 + n), text: `message ${n}` })
  const history = await service.history('acme', 'H1', 100)
  assert.equal(history.length, 100)
  assert.deepEqual([history[0]?.text, history[99]?.text], ['message 101', 'message 2'])
  const times = history.map(message => message.ts)
  assert.deepEqual(times, times.toSorted().reverse())
  assert.deepEqual(
    (await service.history('acme', 'H1', 2)).map(one => one.text),
    ['message 101', 'message 100'],
  )
  const { lead } = await service.get('acme', 'H1')
  assert.deepEqual(
    lead.last_messages.map(one => one.text),
    ['message 101', 'message 100', 'message 99'],
  )
})

test('fact 31: the history of an unknown id is not found; with memory off a known one is empty', async () => {
  const unknown = { code: 'lead_not_found' }
  await assert.rejects(service.history('acme', 'nobody', 20), unknown)
  await assert.rejects(service.history('acme', 'nul\0', 20), unknown)
  assert.deepEqual(await forgetful.history('acme', 'L1', 20), [])
  await assert.rejects(forgetful.history('acme', 'nobody', 20), unknown)
  assert.deepEqual((await forgetful.list('acme', { limit: 1 })).items[0]?.last_messages, [])
})

test('fact 32: search finds words with scores above zero, nonsense finds nothing, a full phone finds its lead', async () => {
  const search = (q: string) => searched('acme', q, { limit: 20 })
  const metal = await search('metal')
  assert.deepEqual(metal.map(one => one.lead_id).toSorted(), ['L1', 'L3'])
  for (const one of metal) assert.ok(one.score > 0 && [...one.preview].length <= 240)
  assert.deepEqual(await search('xyzzyplugh'), [])
  for (const phone of ['(612) 555-0102', '6125550102', '+16125550102'])
    assert.deepEqual(
      (await search(phone)).map(one => one.lead_id),
      ['L3'],
      phone,
    )
  assert.deepEqual(
    (await search('JANE1@example.com')).map(one => one.lead_id),
    ['L2'],
  )
  assert.deepEqual(
    (await search('612 555 1212')).map(one => one.lead_id),
    ['L1'],
  )
})

test('all words are required first; only when that finds nothing, any word counts', async () => {
  const found = async (q: string) => (await searched('acme', q, { limit: 20 })).map(one => one.lead_id).toSorted()
  assert.deepEqual(await found('roof metal'), ['L1'])
  assert.deepEqual(await found('slate solar'), ['L2', 'L4'])
  assert.deepEqual(await found('doe2'), ['L2'])
  assert.deepEqual(await found('Jane siding'), ['L3'])
  assert.deepEqual(await found('jan'), [], 'a part of a name is not found')
})

test('messages are searched too and shown in the preview; wildcards, quotes and operators are plain characters', async () => {
  const text = `${'long before '.repeat(40)} the gutter leaks ${'long after '.repeat(40)}`
  await recordMessage(db, { tenant: 'acme', caseId: 'L2', id: 'L2-1', at: at(300), text })
  const [found] = await searched('acme', 'gutter', { limit: 20 })
  assert.equal(found?.lead_id, 'L2')
  assert.match(found.preview, /the gutter leaks/)
  assert.ok([...found.preview].length <= 240)
  for (const q of ['%', '_', '*', `'`, `"`, `' | 'metal`, '& | ! ( )', '\\', ':*', '🦄', '\0'])
    await searched('acme', q, { limit: 20 })
  assert.deepEqual(await searched('acme', `met*`, { limit: 20 }), [])
})

test('fact 56: a foreign tenant reads no lead, no history, no list entry and no search result', async () => {
  assert.deepEqual(
    (await service.list('borg', all)).items.map(item => item.id),
    ['B1'],
  )
  const missing = { code: 'lead_not_found', message: 'There is no such lead.' }
  for (const id of ['L1', 'nobody']) {
    await assert.rejects(service.get('borg', id), missing)
    await assert.rejects(service.history('borg', id, 20), missing)
  }
  assert.deepEqual(
    (await searched('borg', 'metal', all)).map(one => one.lead_id),
    ['B1'],
  )
  assert.deepEqual(await searched('borg', 'siding', all), [])
  assert.deepEqual(
    (await searched('borg', '612-555-0100', all)).map(one => one.lead_id),
    ['B1'],
  )
})

/** What a query without any condition on the tenant sees: only row-level security stands in its way. */
async function seenWithoutCondition(): Promise<readonly (number | null)[]> {
  const tables = ['events', 'decisions', 'messages', 'outcomes', 'event_keys', 'feature_schemas', 'events_2026_01']
  return db.transaction(['stranger'], async handle => {
    const counts: (number | null)[] = []
    for (const table of tables) counts.push((await handle.query(`select 1 from ${table}`)).rowCount)
    return counts
  })
}

test('fact 56: the database itself keeps tenants apart, and dropping the policy would show', async () => {
  assert.deepEqual(await seenWithoutCondition(), [0, 0, 0, 0, 0, 0, 0])
  const superuser = new pg.Client(clientConfig(database.address, null))
  await superuser.connect()
  for (const table of [
    'events',
    'decisions',
    'messages',
    'outcomes',
    'event_keys',
    'feature_schemas',
    'events_2026_01',
  ])
    await superuser.query(`alter table ${table} disable row level security`)
  for (const count of await seenWithoutCondition()) assert.ok(count !== null && count > 0)
  for (const table of [
    'events',
    'decisions',
    'messages',
    'outcomes',
    'event_keys',
    'feature_schemas',
    'events_2026_01',
  ])
    await superuser.query(`alter table ${table} enable row level security`)
  await superuser.end()
  assert.deepEqual(await seenWithoutCondition(), [0, 0, 0, 0, 0, 0, 0])
})

test('a case of another pod is not a lead', async () => {
  await recordLead(db, { tenant: 'acme', id: 'S1', at: at(500), pod: 'security-ops' })
  await assert.rejects(service.get('acme', 'S1'), { code: 'lead_not_found' })
  assert.ok(!(await service.list('acme', all)).items.some(item => item.id === 'S1'))
})
