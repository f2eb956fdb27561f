import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Role } from '@surety/contract'
import { Problem } from '../errors.ts'
import { auditOf } from '../store/audit.ts'
import { announce } from '../store/autonomy-epochs.ts'
import { latestSettings } from '../store/settings.ts'
import { tenantsOf } from '../store/tenants.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { keyStore } from './open-keys.ts'

const database = await openTestDatabase({ poolSize: 1 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const store = keyStore({ db, now: () => new Date('2026-03-01T10:00:00Z'), audit: auditOf(), announce })
const tenants = () => db.transaction([], tenantsOf)

test('a key and the country of its tenant are made together', async () => {
  await store.create({ tenant: 'acme', role: 'ingest', name: 'door' }, 'de')
  const [setting] = await db.read(['acme'], reader => latestSettings(reader, ['acme']))
  assert.equal(setting?.value['country'], 'DE')
  assert.equal((await store.list('acme')).length, 1)
})

test('a key is made or marked as a system of record, each told to the audit log', async () => {
  const { view } = await store.create({ tenant: 'marks', role: 'operator', name: 'crm', systemOfRecord: true })
  assert.equal(view.system_of_record, true)
  assert.equal((await store.mark('marks', view.id, false)).system_of_record, false)
  assert.equal((await store.mark('marks', view.id, true)).system_of_record, true)
  assert.deepEqual(
    (await store.list('marks')).map(key => key.system_of_record),
    [true],
  )
  const { rows } = await db.read(['marks'], reader =>
    reader.query<{ action: string; marked: boolean }>(
      `select action, (detail ->> 'system_of_record')::boolean as marked from audit where tenant_id = 'marks' order by seq`,
    ),
  )
  assert.deepEqual(
    rows.map(({ action, marked }) => [action, marked]),
    [
      ['key.created', true],
      ['key.updated', false],
      ['key.updated', true],
    ],
  )
})

test('a key is given a daily quota, another one, or none', async () => {
  const { view } = await store.create({ tenant: 'quotas', role: 'ingest', name: 'form', dailyQuota: 1_000 })
  assert.deepEqual([view.daily_quota, view.used_today], [1_000, 0])
  assert.equal((await store.setQuota('quotas', view.id, 50)).daily_quota, 50)
  await assert.rejects(store.setQuota('quotas', view.id, Number.NaN), { code: 'validation_failed' })
  assert.equal((await store.setQuota('quotas', view.id, null)).used_today, null)
})

test('whatever is wrong with the key or the country, nothing is left of either', async () => {
  const before = await tenants()
  const good = { tenant: 'mistyped', role: 'ingest' as Role, name: 'door' }
  const wrong = [
    [{ ...good, tenant: 'mistyped,acme' }, 'DE'],
    [{ ...good, role: 'owner' as Role }, 'DE'],
    [{ ...good, limits: { ops: 0 } }, 'DE'],
    [{ ...good, grants: ['all' as 'pii'] }, 'DE'],
    [good, 'XX'],
    [{ ...good, tenant: '*' }, 'DE'],
  ] as const
  for (const [input, country] of wrong) {
    await assert.rejects(store.create(input, country), Problem)
    assert.deepEqual(await tenants(), before)
    assert.deepEqual(await db.read([input.tenant], reader => latestSettings(reader, [input.tenant])), [])
    assert.deepEqual(await store.list(input.tenant), [])
  }
})

test('a key whose name holds something personal is not made', async () => {
  await assert.rejects(store.create({ tenant: 'acme', role: 'viewer', name: 'jane@example.com' }), (error: Problem) => {
    assert.deepEqual([error.code, error.errors[0]?.path], ['validation_failed', 'name'])
    return !JSON.stringify(error.errors).includes('jane@')
  })
})
