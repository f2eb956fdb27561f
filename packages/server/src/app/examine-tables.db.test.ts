import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { prepareTables } from '../store/prepare-tables.ts'
import { asLogin, openTestDatabase } from '../store/test-database.ts'
import { urlOf } from '../testing/start-world.ts'
import { openSuperuser } from '../testing/superuser.ts'
import { lookAtServer } from './doctor/database.ts'
import { tablesCheck } from './examine-tables.ts'

test('the doctor says who can change the audit log, and is at ease with one login as with two', async () => {
  await using database = await openTestDatabase()
  await using superuser = await openSuperuser(database.address)
  const service = `surety_service_${randomBytes(4).toString('hex')}`
  await superuser.query(`create role ${service} login`)
  try {
    const owner = urlOf(database.address)
    const databaseUrl = urlOf(asLogin(database.address, service))
    for (const one of [null, owner]) {
      const { ok, sentence } = await tablesCheck({ databaseUrl: one, migrateUrl: null })
      assert.ok(ok, 'one login is nothing wrong')
      assert.match(sentence, /only heads that are saved elsewhere/)
    }
    assert.deepEqual(await tablesCheck({ databaseUrl, migrateUrl: owner }), {
      name: 'tables',
      ok: true,
      sentence: `${service} serves and owns nothing; MIGRATE_URL logs in as the owner.`,
    })
    const same = await tablesCheck({ databaseUrl: owner, migrateUrl: owner })
    assert.equal(same.ok, false)
    assert.match(same.sentence, /^MIGRATE_URL and DATABASE_URL log in as the same one/)
    await prepareTables({ url: databaseUrl }, owner)
    const forgotten = await tablesCheck({ databaseUrl, migrateUrl: null })
    await assert.rejects(prepareTables({ url: databaseUrl }, null), { message: forgotten.sentence })
    assert.equal(forgotten.ok, false)
    assert.match(forgotten.sentence, /^The tables belong to .*MIGRATE_URL takes a login of/)
    const { checks } = await lookAtServer({ url: databaseUrl }, () => new Date(), 10_000)
    assert.deepEqual(
      checks.map(check => [check.name, check.ok]),
      [
        ['database', true],
        ['search', true],
        ['clock', true],
      ],
      'no right is missing that the login should have',
    )
    const away = await tablesCheck({ databaseUrl, migrateUrl: 'postgres://surety@127.0.0.1:1/surety' })
    assert.equal(away.ok, false)
    assert.match(away.sentence, /ECONNREFUSED/)
  } finally {
    await superuser.query(`drop owned by ${service}; drop role ${service}`)
  }
})
