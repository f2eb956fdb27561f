import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import type { Principal } from '@surety/contract'
import pg from 'pg'
import { appendAudit } from '../../store/audit.ts'
import { clientConfig } from '../../store/db.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { verifyAudit } from '../audit/verify-audit.ts'
import { createKey, ensureFirstKey, keyChannel, keys } from './keys.ts'

const database = await openTestDatabase()
after(() => database[Symbol.asyncDispose]())
const { db } = database
let clock = Date.parse('2026-03-01T10:00:00Z')
/** By how much the clock on the wall was set. */
let set = 0
const deps = { db, now: () => new Date(clock + set), audit: appendAudit }
const monotonicMs = () => clock
const replica = () => keys(deps, monotonicMs)

const admin = (tenant: string): Principal => ({
  kind: 'key',
  keyId: 'testadmin',
  tenant,
  role: 'admin',
  name: 'test',
  limits: {},
})

test('the first start makes one admin key, and no second one even when two replicas start at once', async () => {
  const made = await Promise.all([ensureFirstKey(deps, 'acme'), ensureFirstKey(deps, 'acme')])
  const shown = made.filter(key => key !== null)
  assert.equal(shown.length, 1)
  const principal = await replica().authenticate(shown[0]!)
  assert.deepEqual([principal?.tenant, principal?.role], ['acme', 'admin'])
  assert.equal(await ensureFirstKey(deps, 'acme'), null)
})

test('a key is kept only as a hash of its secret', async () => {
  const { key, view } = await replica().create(admin('acme'), { role: 'viewer', name: 'board' })
  const secret = key.slice(key.lastIndexOf(`${view.id}_`) + 13)
  assert.equal(Buffer.from(secret, 'base64url').length, 32)
  const shown = JSON.stringify([view, await replica().list('acme')])
  assert.ok(!shown.includes(createHash('sha256').update(secret).digest('hex')), 'nor is the hash shown')
  const client = new pg.Client(clientConfig(database.address, null))
  await client.connect()
  const tables = ['api_keys', 'key_directory', 'audit', 'tenants']
  for (const table of tables) {
    const { rows } = await client.query<{ row: string }>(`select t::text as row from ${table} t`)
    assert.ok(rows.length > 0)
    for (const { row } of rows) assert.ok(!row.includes(secret) && !row.includes(Buffer.from(secret).toString('hex')))
  }
  await client.end()
})

test('a wrong secret, an unknown id and words of another shape are all refused', async () => {
  const service = replica()
  const { key } = await service.create(admin('acme'), { role: 'operator', name: 'crm' })
  const last = key.at(-1) === 'A' ? 'E' : 'A'
  assert.equal((await service.authenticate(key))?.role, 'operator')
  assert.equal(await service.authenticate(`${key.slice(0, -1)}${last}`), null)
  assert.equal(await service.authenticate(key.replace(/^sty_.{12}/, 'sty_aaaaaaaaaaaa')), null)
  assert.equal(await service.authenticate(`${key}\n`), null)
  assert.equal(await service.authenticate(''), null)
})

test('a disabled key is refused at once here and within five seconds on another replica', async () => {
  const [here, there] = [replica(), replica()]
  const { key, view } = await here.create(admin('acme'), { role: 'ingest', name: 'form' })
  assert.equal((await there.authenticate(key))?.role, 'ingest')
  assert.equal((await here.authenticate(key))?.role, 'ingest')
  const changed = await here.update(admin('acme'), view.id, { enabled: false })
  assert.equal(changed.enabled, false)
  assert.equal(await here.authenticate(key), null)
  clock += 4_999
  assert.equal(await there.authenticate(key), null)
  await here.update(admin('acme'), view.id, { enabled: true })
  assert.equal((await here.authenticate(key))?.keyId, view.id)
})

test('the clock on the wall set back an hour does not keep a disabled key alive on another replica', async () => {
  const [here, there] = [replica(), replica()]
  const { key, view } = await here.create(admin('acme'), { role: 'ingest', name: 'form' })
  assert.equal((await there.authenticate(key))?.role, 'ingest')
  set = -3_600_000
  try {
    await here.update(admin('acme'), view.id, { enabled: false })
    clock += 4_999
    assert.equal(await there.authenticate(key), null)
  } finally {
    set = 0
  }
})

test('an expired key is refused from its moment on, even while it is cached', async () => {
  const service = replica()
  const { key, view } = await service.create(admin('acme'), {
    role: 'viewer',
    name: 'guest',
    expiresAt: new Date(clock + 1000),
  })
  assert.equal((await service.authenticate(key))?.name, 'guest')
  clock += 1000
  assert.equal(await service.authenticate(key), null)
  await service.update(admin('acme'), view.id, { expiresAt: null })
  assert.equal((await service.authenticate(key))?.name, 'guest')
})

test('a removed key is refused and gone from the list; its limits are handed to the door while it lives', async () => {
  const service = replica()
  const { key, view } = await service.create(admin('acme'), { role: 'viewer', name: 'load', limits: { v1: 100_000 } })
  assert.deepEqual((await service.authenticate(key))?.limits, { v1: 100_000 })
  await service.remove(admin('acme'), view.id)
  assert.equal(await service.authenticate(key), null)
  assert.ok(!(await service.list('acme')).some(one => one.id === view.id))
  await assert.rejects(service.remove(admin('acme'), view.id), { code: 'key_not_found' })
})

test('an admin manages keys of the own tenant only, a platform key those of every tenant', async () => {
  const service = replica()
  const { view } = await service.create(admin('acme'), { role: 'viewer', name: 'acme only' })
  await assert.rejects(service.update(admin('borg'), view.id, { enabled: false }), { code: 'key_not_found' })
  await assert.rejects(service.remove(admin('borg'), view.id), { code: 'key_not_found' })
  await assert.rejects(service.create(admin('borg'), { tenant: 'acme', role: 'admin', name: 'x' }), {
    code: 'forbidden',
  })
  assert.deepEqual(await service.list('borg'), [])
  const made = await service.create(admin('*'), { tenant: 'borg', role: 'admin', name: 'first of borg' })
  assert.equal(made.view.tenant, 'borg')
  assert.equal((await service.update(admin('*'), view.id, { name: 'renamed' })).name, 'renamed')
})

test('a key holds the grants that were named for it, once each, and no others', async () => {
  const service = replica()
  const { key, view } = await service.create(admin('acme'), { role: 'admin', name: 'bare' })
  assert.deepEqual([view.grants, (await service.authenticate(key))?.grants], [[], []])
  const changed = await service.update(admin('acme'), view.id, { grants: ['pii', 'fraud', 'pii'] })
  assert.deepEqual(changed.grants, ['fraud', 'pii'])
  assert.deepEqual((await service.authenticate(key))?.grants, ['fraud', 'pii'])
  await service.update(admin('acme'), view.id, { name: 'renamed' })
  assert.deepEqual((await service.authenticate(key))?.grants, ['fraud', 'pii'])
  const wrong = service.create(admin('acme'), { role: 'viewer', name: 'x', grants: ['all'] as never })
  await assert.rejects(wrong, { code: 'validation_failed' })
  const device = await service.create(admin('acme'), { role: 'device', name: 'door 7' })
  assert.equal((await service.authenticate(device.key))?.role, 'device')
})

test('a key gets a new secret, and the old one is good until the overlap ends and then refused with its moment', async () => {
  const service = replica()
  const { key: old, view } = await service.create(admin('acme'), { role: 'viewer', name: 'board', dailyQuota: 50 })
  const { key, view: rotated } = await service.rotate(admin('acme'), view.id, { overlapSeconds: 60 })
  assert.notEqual(key, old)
  const end = new Date(clock + 60_000)
  assert.deepEqual(
    { ...rotated, rotated_at: null, old_secrets: [] },
    view,
    'it is the same key: its id, role, limits and quota stay',
  )
  assert.deepEqual(rotated.old_secrets, [{ good_until: end.toISOString() }])
  for (const good of [old, key]) assert.equal((await service.authenticate(good))?.keyId, view.id)
  assert.equal(await service.endedAt(old), null)
  clock += 60_000
  assert.equal(await service.authenticate(old), null)
  assert.deepEqual(await service.endedAt(old), end)
  assert.equal((await service.authenticate(key))?.keyId, view.id)
  assert.equal(await service.endedAt(key), null)
  const last = old.at(-1) === 'A' ? 'E' : 'A'
  assert.equal(await service.endedAt(`${old.slice(0, -1)}${last}`), null, 'who guesses is told nothing')
  const [listed] = (await service.list('acme')).filter(({ id }) => id === view.id)
  assert.deepEqual(listed?.old_secrets, [])
})

test('rotated twice within an overlap all three secrets are good, each until its own end, unless the second one ends them', async () => {
  const service = replica()
  const { key: first, view } = await service.create(admin('acme'), { role: 'viewer', name: 'twice' })
  const { key: second } = await service.rotate(admin('acme'), view.id, { overlapSeconds: 100 })
  clock += 50_000
  const { key: third, view: now } = await service.rotate(admin('acme'), view.id, {})
  assert.deepEqual(
    now.old_secrets.map(({ good_until }) => new Date(good_until).getTime() - clock),
    [86_400_000, 50_000],
  )
  const good = async () =>
    Promise.all([first, second, third].map(async key => (await service.authenticate(key)) !== null))
  assert.deepEqual(await good(), [true, true, true])
  clock += 50_000
  assert.deepEqual(await good(), [false, true, true])
  const { key: fourth } = await service.rotate(admin('acme'), view.id, { overlapSeconds: 0 })
  assert.deepEqual(await good(), [false, false, false], 'after a leak nothing of before is good')
  assert.equal((await service.authenticate(fourth))?.keyId, view.id)
})

test('a key that is disabled, ends or is removed during an overlap is refused with each of its secrets, and says nothing of them', async () => {
  const service = replica()
  const { key: old, view } = await service.create(admin('acme'), { role: 'viewer', name: 'off' })
  const { key } = await service.rotate(admin('acme'), view.id, { overlapSeconds: 100 })
  const refused = async () => {
    for (const secret of [old, key]) assert.equal(await service.authenticate(secret), null)
    assert.equal(await service.endedAt(old), null)
  }
  await service.update(admin('acme'), view.id, { enabled: false })
  await refused()
  await service.update(admin('acme'), view.id, { enabled: true, expiresAt: new Date(clock + 10) })
  assert.equal((await service.authenticate(old))?.keyId, view.id)
  clock += 10
  await refused()
  await service.update(admin('acme'), view.id, { expiresAt: null })
  clock += 200_000
  assert.notEqual(await service.endedAt(old), null)
  await service.update(admin('acme'), view.id, { enabled: false })
  await refused()
  await service.remove(admin('acme'), view.id)
  await refused()
})

test('a new secret is good on another replica that had read the key, a second later without a word from anybody', async () => {
  const [here, there] = [replica(), replica()]
  const { key: old, view } = await here.create(admin('acme'), { role: 'viewer', name: 'elsewhere' })
  assert.equal((await there.authenticate(old))?.keyId, view.id)
  const { key } = await here.rotate(admin('acme'), view.id, { overlapSeconds: 0 })
  clock += 1_000
  assert.equal((await there.authenticate(key))?.keyId, view.id)
  assert.equal(await there.authenticate(old), null)
})

test('every change of a key is told to all replicas, and one that hears it asks anew', async () => {
  const [here, there] = [replica(), replica()]
  const { key: old, view } = await here.create(admin('acme'), { role: 'viewer', name: 'heard' })
  assert.equal((await there.authenticate(old))?.keyId, view.id)
  const heard: string[] = []
  const client = new pg.Client(clientConfig(database.address, null))
  await client.connect()
  client.on('notification', ({ payload = '' }) => {
    heard.push(payload)
    there.forget(payload)
  })
  await client.query(`listen ${keyChannel}`)
  const { key } = await here.rotate(admin('acme'), view.id, { overlapSeconds: 0 })
  await client.query('select 1')
  assert.equal((await there.authenticate(key))?.keyId, view.id)
  await here.update(admin('acme'), view.id, { enabled: false })
  await client.query('select 1')
  assert.equal(await there.authenticate(key), null)
  await here.remove(admin('acme'), view.id)
  await client.query('select 1')
  await client.end()
  assert.deepEqual(heard, [view.id, view.id, view.id])
})

test('a key is rotated by an admin of its tenant alone, within bounds, and told to the audit log without its secret', async () => {
  const service = replica()
  const { view } = await service.create(admin('acme'), { role: 'viewer', name: 'told' })
  await assert.rejects(service.rotate(admin('borg'), view.id, {}), { code: 'key_not_found' })
  for (const overlapSeconds of [-1, 1.5, 2_592_001, Number.NaN])
    await assert.rejects(service.rotate(admin('acme'), view.id, { overlapSeconds }), { code: 'validation_failed' })
  const { key } = await service.rotate(admin('acme'), view.id, {
    overlapSeconds: 60,
    reason: 'yearly',
    requestId: 'r1',
  })
  const { rows } = await db.read(['acme'], reader =>
    reader.query<{ actor: string; reason: string; request_id: string; detail: object }>(
      `select actor, reason, request_id, detail from audit where tenant_id = 'acme' and action = 'key.rotated' order by seq desc`,
    ),
  )
  const until = new Date(clock + 60_000).toISOString()
  assert.deepEqual(rows[0], {
    actor: 'key:testadmin',
    reason: 'yearly',
    request_id: 'r1',
    detail: { key_id: view.id, old_secret_good_until: until },
  })
  assert.ok(!JSON.stringify(rows).includes(key.slice(17)))
})

test('a platform key comes from the command line only', async () => {
  const service = replica()
  for (const actor of [admin('acme'), admin('*')])
    await assert.rejects(service.create(actor, { tenant: '*', role: 'admin', name: 'all' }), { code: 'forbidden' })
  const { key } = await createKey(deps, 'cli', { tenant: '*', role: 'admin', name: 'all' })
  assert.equal((await service.authenticate(key))?.tenant, '*')
})

test('wrong fields are named one by one', async () => {
  await assert.rejects(
    replica().create(admin('*'), { tenant: 'a,b', role: 'viewer', name: ' ', limits: { v1: 0 } }),
    (error: { code?: string; errors?: readonly { path: string }[] }) => {
      assert.equal(error.code, 'validation_failed')
      assert.deepEqual(
        error.errors?.map(one => one.path),
        ['tenant', 'name', 'limits.v1'],
      )
      return true
    },
  )
})

test('every change of a key is in the audit log of its tenant', async () => {
  const service = replica()
  const { view } = await service.create(admin('delta'), { role: 'viewer', name: 'one' })
  await service.update(admin('delta'), view.id, { enabled: false })
  await service.remove(admin('delta'), view.id)
  const actions = await db.transaction(['delta'], async handle => {
    assert.equal((await verifyAudit(handle, 'delta')).ok, true)
    const { rows } = await handle.query<{ action: string; actor: string }>(
      'select action, actor from audit order by seq',
    )
    return rows.map(row => `${row.actor} ${row.action}`)
  })
  assert.deepEqual(actions, ['key:testadmin key.created', 'key:testadmin key.updated', 'key:testadmin key.removed'])
})

/** A database that counts the transactions it is asked for. */
function counted() {
  const seen = { transactions: 0 }
  const counting: typeof db = {
    ...db,
    transaction: (tenants: never, work: never) => {
      seen.transactions += 1
      return db.transaction(tenants, work)
    },
  }
  return { seen, service: keys({ ...deps, db: counting }, monotonicMs) }
}

test('whoever guesses secrets of a known id, or makes ids up, costs the database next to nothing, and good keys are let in', async () => {
  const { key } = await replica().create(admin('acme'), { role: 'operator', name: 'good' })
  const { key: other } = await replica().create(admin('acme'), { role: 'viewer', name: 'not seen before' })
  const { seen, service } = counted()
  assert.equal((await service.authenticate(key))?.name, 'good')
  seen.transactions = 0
  const secret = (k: number) => Buffer.alloc(32, k).toString('base64url')
  for (let k = 0; k < 200; k++) assert.equal(await service.authenticate(`${key.slice(0, 17)}${secret(k)}`), null)
  assert.equal(seen.transactions, 0, 'a guessed secret is compared, not looked up')
  const letters = 'abcdefghijklmnopqrstuvwxyz234567'
  const made = (k: number) => `sty_aaaaaaaaaa${letters[k >> 5]}${letters[k & 31]}_${secret(k)}`
  const guesses = Array.from({ length: 500 }, (_, k) => service.authenticate(made(k)))
  assert.deepEqual(new Set(await Promise.all(guesses)), new Set([null]))
  assert.ok(seen.transactions <= 21, `${seen.transactions} transactions for 500 made-up ids`)
  assert.equal((await service.authenticate(other))?.name, 'not seen before')
  const late = await replica().create(admin('acme'), { role: 'viewer', name: 'made meanwhile' })
  clock += 1000
  assert.equal((await service.authenticate(late.key))?.name, 'made meanwhile')
})
