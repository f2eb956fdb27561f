import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type JsonObject, type Principal, pod } from '@surety/contract'
import { customerOps } from '@surety/pod-customer-ops'
import type { AuditEntry } from '../../store/audit.ts'
import { findTenant } from '../../store/tenants.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import type { SettingsQuestion } from './setting-values.ts'
import { type GivenChange, loadSettings, settings } from './settings.ts'
import { tenantSettings } from './tenant-settings.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database

const leads: SettingsQuestion = {
  pod: 'leads',
  question: 'main',
  first: true,
  threshold: 0.7,
  defaultSettings: { time_zone: 'UTC', attributes: [] },
  checkSettings: ({ attributes }) =>
    Array.isArray(attributes) && attributes.length <= 50 ? [] : ['attributes must be a list of at most 50.'],
}
/** A pod without declared attributes, with budgets. */
const rows: SettingsQuestion = {
  pod: 'rows',
  question: 'main',
  first: true,
  threshold: 0.5,
  defaultSettings: { columns: [] },
  checkSettings: ({ columns }) => (Array.isArray(columns) ? [] : ['columns must be a list.']),
  budgets: { defaults: { alpha: 0.1 }, read: given => ({ value: { alpha: 0.1, ...given }, errors: [] }) },
}
const leadsPod = pod({
  ...customerOps,
  name: leads.pod,
  defaultSettings: leads.defaultSettings,
  checkSettings: leads.checkSettings,
})
const audited: AuditEntry[] = []
const announced: string[] = []
const service = settings({
  db,
  now: () => new Date('2026-03-01T10:00:00Z'),
  questions: [leads, rows],
  whole: tenantSettings(code => ['US', 'DE'].includes(code)),
  defaultPod: leads.pod,
  announce: async (_, tenant, change) => void announced.push(`${tenant}/${change.pod}`),
  audit: async (_, entry) => void audited.push(entry),
})
const admin = (tenant: string): Principal => ({
  kind: 'key',
  keyId: 'k',
  tenant,
  role: 'admin',
  name: 'test',
  limits: {},
})
const replacing = { rest: 'defaults', requestId: 'r-1' } as const
const put = (tenant: string, name: string, given: JsonObject, apply: boolean, more: Partial<GivenChange> = {}) =>
  service.save(admin(tenant), { name }, { ...replacing, given, apply, ...more })
/** What is not named stays. */
const patch: typeof put = (tenant, name, given, apply, more) =>
  put(tenant, name, given, apply, { rest: 'kept', ...more })

test('before anybody saves, the defaults of the pod are version 0', async () => {
  assert.deepEqual(await service.get('acme', { name: 'attributes' }), { version: 0, value: { attributes: [] } })
  assert.deepEqual(await service.get('acme', { name: 'policy' }), {
    version: 0,
    value: { threshold: 0.7, time_zone: 'UTC' },
  })
})

test('a preview says what would change and saves nothing; applying makes the next version', async () => {
  const value = {
    attributes: [
      { name: 'age', kind: 'numeric' },
      { name: 'job', kind: 'categorical' },
    ],
  }
  const preview = await put('acme', 'attributes', value, false)
  assert.deepEqual(preview['changes'], [
    { path: 'attributes.age', before: null, after: 'numeric' },
    { path: 'attributes.job', before: null, after: 'categorical' },
  ])
  assert.equal(preview['applied'], false)
  assert.equal((await service.get('acme', { name: 'attributes' })).version, 0)
  assert.equal((await put('acme', 'attributes', value, true))['version'], 1)
  assert.deepEqual(await service.get('acme', { name: 'attributes' }), { version: 1, value })
  const fewer = await put('acme', 'attributes', { attributes: [{ name: 'age', kind: 'boolean' }] }, false)
  assert.deepEqual(fewer['changes'], [
    { path: 'attributes.age', before: 'numeric', after: 'boolean' },
    { path: 'attributes.job', before: 'categorical', after: null },
  ])
})

test('saving the same again makes no version, no entry and no announcement', async () => {
  const before = [audited.length, announced.length]
  const { value } = await service.get('acme', { name: 'attributes' })
  assert.equal((await put('acme', 'attributes', value, true))['version'], 1)
  assert.deepEqual([audited.length, announced.length], before)
})

test('every saved change is audited with what was before and after, and announced', async () => {
  await put('audit', 'policy', { threshold: 0.6 }, true)
  assert.deepEqual(audited.at(-1)?.before, { threshold: 0.7, time_zone: 'UTC' })
  assert.deepEqual(audited.at(-1)?.after, { threshold: 0.6, time_zone: 'UTC' })
  assert.equal(announced.at(-1), 'audit/leads')
})

test('bad values are refused with the bad part named, and an unknown name does not exist', async () => {
  const refusedPart = (path: string) => (error: { code?: string; errors?: readonly { path: string }[] }) =>
    error.code === 'validation_failed' && error.errors?.some(one => one.path === path) === true
  await assert.rejects(put('acme', 'policy', { threshold: 1.2 }, true), refusedPart('threshold'))
  await assert.rejects(put('acme', 'policy', { treshold: 0.5 }, true), refusedPart('treshold'))
  await assert.rejects(put('acme', 'attributes', {}, true), refusedPart('attributes'))
  await assert.rejects(put('acme', 'attributes', { attributes: 'age' }, false), refusedPart('attributes'))
  await assert.rejects(service.get('acme', { name: 'colours' }), { code: 'not_found' })
})

test('every pod has its own settings and its own names of them; an unknown pod is said to be one', async () => {
  const of = (name: string, podName = 'rows') => ({ pod: podName, name })
  assert.deepEqual(await service.get('acme', of('autonomy')), { version: 0, value: { alpha: 0.1 } })
  const saved = await service.save(admin('acme'), of('autonomy'), { ...replacing, given: { alpha: 0.2 }, apply: true })
  assert.deepEqual([saved['pod'], saved['version'], announced.at(-1)], ['rows', 1, 'acme/rows'])
  const policy = await service.save(admin('acme'), of('policy'), {
    ...replacing,
    given: { threshold: 0.4 },
    apply: true,
  })
  assert.deepEqual(policy['value'], { threshold: 0.4, columns: [] })
  assert.deepEqual((await service.get('acme', of('policy', 'leads'))).version, 0)
  await assert.rejects(service.get('acme', of('attributes')), {
    code: 'not_found',
    message: 'rows has no settings of this name; it has policy, autonomy.',
  })
  await assert.rejects(service.get('acme', of('autonomy', 'leads')), { code: 'not_found' })
  for (const asked of [
    service.get('acme', of('policy', 'x')),
    service.save(admin('acme'), of('policy', ''), { ...replacing, given: {}, apply: true }),
  ])
    await assert.rejects(asked, (error: { code?: string; errors?: readonly { path: string; message: string }[] }) => {
      assert.deepEqual([error.code, error.errors?.[0]?.path], ['validation_failed', 'pod'])
      return error.errors?.[0]?.message === 'there is no such pod; the pods are leads, rows'
    })
})

const whole = (country: string) => ({ country, outcomes_per_request: 50, outcomes_per_minute: 60 })

test('the country of a tenant holds for all pods, is audited, and must be a country', async () => {
  const country = () => db.transaction(['abroad'], handle => findTenant(handle, 'abroad')).then(one => one.country)
  assert.deepEqual(await service.get('abroad', { name: 'tenant' }), { version: 0, value: whole('US') })
  assert.equal(await country(), 'US')
  assert.deepEqual((await put('abroad', 'tenant', { country: 'de' }, false))['changes'], [
    { path: 'country', before: 'US', after: 'DE' },
  ])
  assert.equal(await country(), 'US')
  await put('abroad', 'tenant', { country: 'de' }, true)
  assert.equal(await country(), 'DE')
  assert.deepEqual([audited.at(-1)?.before, audited.at(-1)?.after], [whole('US'), whole('DE')])
  const refused = (path: string, message: string) => (error: unknown) => {
    const { code, errors } = error as { code: string; errors: readonly { path: string; message: string }[] }
    return code === 'validation_failed' && errors[0]?.path === path && errors[0].message.startsWith(message)
  }
  for (const given of ['XX', 'Germany', '', 49, null])
    await assert.rejects(
      put('abroad', 'tenant', { country: given }, true),
      refused('country', 'must be an ISO 3166 code'),
    )
  await assert.rejects(put('abroad', 'tenant', { zone: 'UTC' }, true), refused('zone', 'tenant has no such setting'))
  assert.equal((await service.get('abroad', { name: 'tenant', pod: 'rows' })).version, 1)
})

test('how many outcomes of a key count as a person is a setting of the tenant, within its range', async () => {
  const limits = () => db.transaction(['many'], handle => findTenant(handle, 'many')).then(one => one.outcomeLimits)
  assert.deepEqual(await limits(), { perRequest: 50, perMinute: 60 })
  await put('many', 'tenant', { country: 'DE', outcomes_per_request: 1, outcomes_per_minute: 100_000 }, true)
  assert.deepEqual(await limits(), { perRequest: 1, perMinute: 100_000 })
  for (const name of ['outcomes_per_request', 'outcomes_per_minute'])
    for (const given of [0, 100_001, 1.5, '5', null])
      await assert.rejects(put('many', 'tenant', { [name]: given }, true), (error: unknown) => {
        const { code, errors } = error as { code: string; errors: readonly { path: string }[] }
        return code === 'validation_failed' && errors[0]?.path === name
      })
})

test('what was set and is not named is never lost by the way: kept, or refused with its name', async () => {
  const set = { country: 'DE', outcomes_per_request: 10, outcomes_per_minute: 20 }
  await put('kept', 'tenant', set, true)
  const preview = await put('kept', 'tenant', { outcomes_per_minute: 30 }, false)
  assert.deepEqual(preview['reset'], ['country', 'outcomes_per_request'])
  await assert.rejects(put('kept', 'tenant', { outcomes_per_minute: 30 }, true), {
    code: 'setting_would_be_lost',
    errors: [
      { path: 'country', code: 'unnamed', message: 'is "DE" and would go back to "US"' },
      { path: 'outcomes_per_request', code: 'unnamed', message: 'is 10 and would go back to 50' },
    ],
  })
  assert.equal((await service.get('kept', { name: 'tenant' })).version, 1)
  const kept = await patch('kept', 'tenant', { outcomes_per_minute: 30 }, true)
  assert.deepEqual([kept['value'], kept['reset']], [{ ...set, outcomes_per_minute: 30 }, undefined])
  assert.deepEqual(kept['previous'], { version: 1, value: set })
  // What it was is what undoes it, and it names everything.
  const undone = await put('kept', 'tenant', set, true)
  assert.deepEqual([undone['version'], undone['value']], [3, set])
  assert.deepEqual(audited.at(-1)?.before, { ...set, outcomes_per_minute: 30 })
  // Whoever means it says so; what was never set may be left out.
  assert.equal((await put('kept', 'tenant', { country: 'DE' }, true, { reset: true }))['version'], 4)
  assert.equal((await put('kept', 'tenant', { country: 'DE', outcomes_per_minute: 5 }, true))['version'], 5)
})

test('a change that was made of an older version is refused, by either way', async () => {
  await put('versions', 'policy', { threshold: 0.6 }, true, { version: 0 })
  for (const [way, version] of [
    [put, 0],
    [patch, 0],
    [patch, 2],
  ] as const)
    await assert.rejects(way('versions', 'policy', { threshold: 0.5 }, true, { version }), {
      code: 'setting_changed',
      message: 'It is of version 1 by now: read it again and send that.',
    })
  assert.equal((await patch('versions', 'policy', { threshold: 0.5 }, true, { version: 1 }))['version'], 2)
})

test('two administrators who save at once get versions one after the other', async () => {
  const both = await Promise.all([0.5, 0.55].map(threshold => put('busy', 'policy', { threshold }, true)))
  assert.deepEqual(both.map(one => one['version']).sort(), [1, 2])
})

test('the line loads many tenants at once, and a tenant never sees the settings of another', async () => {
  const loaded = await db.transaction(['audit', 'acme', 'new'], handle =>
    loadSettings(handle, ['audit', 'acme', 'new'], [leadsPod]),
  )
  assert.deepEqual(loaded.get('audit')?.get('leads')?.policies.get('main'), { version: 1, threshold: 0.6 })
  assert.deepEqual(loaded.get('new')?.get('leads'), {
    settings: { time_zone: 'UTC', attributes: [] },
    policies: new Map([['main', { version: 0, threshold: 0.7 }]]),
  })
  assert.deepEqual(loaded.get('acme')?.get('leads')?.settings['attributes'], [
    { name: 'age', kind: 'numeric' },
    { name: 'job', kind: 'categorical' },
  ])
  const foreign = await db.transaction(['borg'], handle => loadSettings(handle, ['audit'], [leadsPod]))
  assert.equal(foreign.get('audit')?.get('leads')?.policies.get('main')?.version, 0)
})
