import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { Registry } from 'prom-client'
import type { OpenModels } from '../../app/open-models.ts'
import { recurringTasks } from '../../app/tasks.ts'
import { buildConfig } from '../../config/config.ts'
import { runDirectly } from '../../runtime/run-task.ts'
import { auditOf } from '../../store/audit.ts'
import { clientConfig } from '../../store/db.ts'
import { openTestDatabase } from '../../store/test-database.ts'

const now = () => new Date('2026-03-10T12:00:00Z')

test('nothing is said of the audit log before it was looked at, then whether it holds together', async () => {
  await using database = await openTestDatabase()
  const { db } = database
  const registry = new Registry()
  const models = {} as OpenModels
  const tasks = recurringTasks({ db, config: buildConfig({}), models, registry, onError: assert.fail, more: [] })
  const check = tasks.find(task => task.name === 'audit-self-check')!
  const said = async () => (await registry.metrics()).match(/^audit_chain_ok (\d)$/m)?.[1]
  assert.equal(await said(), undefined)

  const audit = auditOf()
  await db.transaction(['*'], handle =>
    audit(handle, { tenant: '*', at: now(), actor: 'test', action: 'key.created', reason: 'first' }),
  )
  await runDirectly(check, now(), async () => [])
  assert.equal(await said(), '1')
  const owner = new pg.Client(clientConfig(database.address, null))
  await owner.connect()
  await owner.query(`update audit set reason = 'another' where tenant_id = '*'`)
  await owner.end()
  await runDirectly(check, now(), async () => [])
  assert.equal(await said(), '0')
})
