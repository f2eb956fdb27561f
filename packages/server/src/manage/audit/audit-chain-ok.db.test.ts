import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { Registry } from 'prom-client'
import { makeSigningKey } from '../../model/signature.ts'
import { runDirectly } from '../../runtime/run-task.ts'
import { auditOf } from '../../store/audit.ts'
import { clientConfig } from '../../store/db.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { openAudit } from './open-audit.ts'

const secrets = { piiRoot: Buffer.alloc(32), modelSigningKey: makeSigningKey().text }
const config = { modelTrustedKeys: '' }
/** What is read now and then is read when a test says so. */
const reads: (() => Promise<void>)[] = []
const figures = { add: (read: () => Promise<void>) => void reads.push(read) }
const now = () => new Date('2026-03-10T12:00:00Z')

test('nothing is said of the audit log before it was looked at, then whether it holds together', async () => {
  await using database = await openTestDatabase()
  const { db } = database
  const registry = new Registry()
  const [check] = openAudit({ db, metrics: registry, figures, secrets, config }).tasks
  const said = async () => (await registry.metrics()).match(/^audit_chain_ok (\d)$/m)?.[1]
  assert.equal(await said(), undefined)

  const audit = auditOf()
  await db.transaction(['*'], handle =>
    audit(handle, { tenant: '*', at: now(), actor: 'test', action: 'key.created', reason: 'first' }),
  )
  await runDirectly(check!, now(), async () => [])
  assert.equal(await said(), '1')
  const owner = new pg.Client(clientConfig(database.address, null))
  await owner.connect()
  await owner.query(`update audit set reason = 'another' where tenant_id = '*'`)
  await owner.end()
  await runDirectly(check!, now(), async () => [])
  assert.equal(await said(), '0')
})

test('a chain that cannot be read changes nothing of what is known, and another that is broken is told all the same', async () => {
  await using database = await openTestDatabase()
  const registry = new Registry()
  let away = ''
  const db: typeof database.db = {
    ...database.db,
    read: (tenants, work) =>
      tenants.includes(away) ? Promise.reject(new Error('away')) : database.db.read(tenants, work),
  }
  const [check] = openAudit({ db, metrics: registry, figures, secrets, config }).tasks
  const said = async () => (await registry.metrics()).match(/^audit_chain_ok (\d)$/m)?.[1]
  const look = () => runDirectly(check!, now(), async () => ['acme', 'borg'])
  for (const tenant of ['acme', 'borg'])
    await database.db.transaction([tenant], handle =>
      auditOf()(handle, { tenant, at: now(), actor: 'test', action: 'key.created', reason: 'first' }),
    )
  away = 'borg'
  await assert.rejects(look(), /away/)
  assert.equal(await said(), undefined, 'nothing is called sound that was not read')
  away = ''
  await look()
  assert.equal(await said(), '1')
  const owner = new pg.Client(clientConfig(database.address, null))
  await owner.connect()
  await owner.query(`update audit set reason = 'another' where tenant_id = 'acme'`)
  await owner.end()
  away = 'borg'
  await assert.rejects(look(), /away/)
  assert.equal(await said(), '0')
  away = 'acme'
  await assert.rejects(look(), /away/)
  assert.equal(await said(), '0', 'what was broken is not sound because it cannot be read')
})

test('the oldest entry that no signed head covers is shown, of whichever log, and none once all are signed', async () => {
  await using database = await openTestDatabase()
  const { db } = database
  const registry = new Registry()
  const [check] = openAudit({ db, metrics: registry, figures, secrets, config }).tasks
  const look = reads.at(-1)!
  const said = async () => {
    await look()
    return Number((await registry.metrics()).match(/^audit_unsigned_since_ts (\S+)$/m)?.[1])
  }
  const add = (tenant: string, at: Date) =>
    db.transaction([tenant], handle => auditOf()(handle, { tenant, at, actor: 'test', action: 'key.created' }))
  const hour = (k: number) => new Date(now().getTime() + k * 3_600_000)
  assert.equal(await said(), 0)
  await add('acme', hour(2))
  await add('*', hour(1))
  await add('*', hour(3))
  assert.equal(await said(), hour(1).getTime() / 1000)
  await runDirectly(check!, hour(4), async () => ['acme'])
  assert.equal(await said(), 0)
  await add('acme', hour(5))
  await add('acme', hour(6))
  assert.equal(await said(), hour(5).getTime() / 1000, 'the first one after the head')
})
