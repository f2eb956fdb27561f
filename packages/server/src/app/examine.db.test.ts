import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { clientConfig } from '../store/db.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { urlOf } from '../testing/start-world.ts'
import { clockCheck, serverChecks } from './examine.ts'

test('the doctor says whether the database takes writes, and whether its clock is that of this machine', async () => {
  await using database = await openTestDatabase()
  const url = urlOf(database.address)
  const found = async () =>
    Object.fromEntries((await serverChecks(url, () => new Date())).map(({ name, ok }) => [name, ok]))
  assert.deepEqual(await found(), { database: true, search: true, clock: true })
  const owner = new pg.Client(clientConfig(database.address, null))
  await owner.connect()
  const { rows } = await owner.query('select current_database() as name')
  await owner.query(`alter database ${rows[0].name} set default_transaction_read_only = on`)
  await owner.end()
  assert.deepEqual(await found(), { database: false })
})

test('clocks that are minutes apart are wrong, and it is said which is ahead', () => {
  assert.equal(clockCheck(-299_000).ok, true)
  assert.match(clockCheck(400 * 86_400_000).sentence, /576000 minutes ahead of that of the database/)
  assert.match(clockCheck(-3_600_000).sentence, /60 minutes behind that of the database/)
  assert.equal(clockCheck(-3_600_000).ok, false)
})
