import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { auditOf } from '../store/audit.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { acceptInstallationKey, fingerprintsOf, holdInstallationKeys } from './installation-keys.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const now = () => new Date('2026-11-30T12:00:00Z')
const keys = () => ({
  dataKeys: [randomBytes(32)],
  piiRoot: randomBytes(32),
  modelSigningKey: randomBytes(32).toString('base64'),
})
const noted = async () =>
  (
    await db.transaction([], tx => tx.query<{ name: string }>('select name from installation_keys order by 1'))
  ).rows.map(row => row.name)
const first = keys()

test('of processes that start at once on an empty database with keys of their own one goes on; the others are refused in one sentence', async () => {
  const all = [first, keys(), keys()]
  const ends = await Promise.allSettled(all.map(own => holdInstallationKeys(db, own, now)))
  const served = ends.findIndex(({ status }) => status === 'fulfilled')
  const refused = ends.flatMap(end => (end.status === 'rejected' ? [String(end.reason.message)] : []))
  assert.equal(refused.length, 2)
  for (const sentence of refused)
    assert.match(
      sentence,
      /^Another process of this installation has other keys: DATA_KEY .*PII_KEY .*MODEL_SIGNING_KEY/,
    )
  assert.deepEqual(await noted(), ['data_key', 'pii_key', 'signing_key'])
  Object.assign(first, all[served])
  await holdInstallationKeys(db, first, now)
})

test('each key by itself is held; the sentence names the one that is another', async () => {
  const others = keys()
  for (const [change, setting] of [
    [{ dataKeys: others.dataKeys }, 'DATA_KEY'],
    [{ piiRoot: others.piiRoot }, 'PII_KEY'],
    [{ modelSigningKey: others.modelSigningKey }, 'MODEL_SIGNING_KEY'],
  ] as const)
    await assert.rejects(holdInstallationKeys(db, { ...first, ...change }, now), (error: Error) => {
      const named = ['DATA_KEY', 'PII_KEY', 'MODEL_SIGNING_KEY'].filter(name =>
        error.message.includes(`${name} is not`),
      )
      assert.deepEqual(named, [setting])
      return true
    })
})

test('a new DATA_KEY goes in front of the old one; whoever has not both is refused from then on, until the old one is let go', async () => {
  const [old] = first.dataKeys
  const both = { ...first, dataKeys: [randomBytes(32), old!] }
  await holdInstallationKeys(db, both, now)
  assert.deepEqual(await noted(), ['data_key', 'data_key', 'pii_key', 'signing_key'])
  await assert.rejects(holdInstallationKeys(db, first, now), /DATA_KEY/)
  const newest = { ...first, dataKeys: [both.dataKeys[0]!] }
  await assert.rejects(holdInstallationKeys(db, newest, now), /DATA_KEY/)
  const deps = { db, now, audit: auditOf() }
  const changed = await acceptInstallationKey(deps, newest, { name: 'data_key', reason: 'the old one is gone' })
  assert.deepEqual([changed.before.length, changed.after], [2, fingerprintsOf(newest).data_key])
  await holdInstallationKeys(db, newest, now)
  const { rows } = await db.transaction(['*'], tx =>
    tx.query<{ action: string; reason: string }>(`select action, reason from audit where tenant_id = '*'`),
  )
  assert.deepEqual(rows, [{ action: 'installation.key_accepted', reason: 'the old one is gone' }])
})

test('a fingerprint is no part of a key and the same for nothing else', () => {
  const prints = Object.values(
    fingerprintsOf({
      dataKeys: [first.piiRoot],
      piiRoot: first.piiRoot,
      modelSigningKey: first.piiRoot.toString('base64'),
    }),
  ).flat()
  assert.equal(new Set(prints).size, 3, 'not even where one key serves for all')
  for (const print of prints)
    assert.ok(/^[0-9a-f]{32}$/.test(print) && !first.piiRoot.toString('hex').includes(print.slice(0, 8)))
})
