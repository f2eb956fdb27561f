import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { clientConfig, type Database } from './db.ts'
import { migrate } from './migrate.ts'
import { openTestDatabase } from './test-database.ts'

/** As if one migration had not been there yet: an index on evidence. */
const undo = async (db: Database) =>
  db.transaction([], async tx => {
    await tx.query(`drop index calibration_rows_acted`)
    await tx.query(`delete from migrations where name = '0013-acted-evidence'`)
  })

test('a migration that waits for a table lets others by, and comes to its turn', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  await undo(db)
  const holder = await db.connect()
  await holder.query('begin')
  await holder.query('lock table calibration_rows in row exclusive mode')
  const migrated = migrate(database.address)
  const waits = `select from pg_locks where relation = 'calibration_rows'::regclass and not granted`
  while ((await holder.query(waits)).rowCount === 0) await wait(20)
  // It queues behind the migration while the holder goes on.
  await db.transaction(['acme'], tx => tx.query('delete from calibration_rows'))
  await holder.query('commit')
  await holder.end()
  assert.deepEqual((await migrated).applied, ['0013-acted-evidence'])
})

test('a migration may take as long as it takes, and so may the wait for another process', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  await undo(db)
  // Written down by the connection that migrates; it waits for other processes on the same one.
  await db.transaction([], async tx => {
    await tx.query('create table limits (found text)')
    await tx.query(`create function note_limit() returns trigger language plpgsql as $$ begin
      insert into limits values (current_setting('statement_timeout') || ' ' || current_setting('lock_timeout'));
      return new; end $$`)
    await tx.query('create trigger note_limit before insert on migrations for each row execute function note_limit()')
  })
  await migrate(database.address)
  const { rows } = await db.read([], reader => reader.query<{ found: string }>('select found from limits'))
  assert.deepEqual(rows, [{ found: '0 5s' }])
})

test('a start that waits for another process to migrate says so, and goes on when that one has ended', async () => {
  await using database = await openTestDatabase()
  const other = new pg.Client(clientConfig(database.address, null))
  await other.connect()
  await other.query('select pg_advisory_lock(7283645)')
  const said = Promise.withResolvers<void>()
  const migrated = migrate(database.address, said.resolve)
  await said.promise
  await other.end()
  assert.deepEqual((await migrated).applied, [])
})
