import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { isOutage } from '../errors.ts'
import { type Batch, emptyBatch } from './batch-rows.ts'
import { clientConfig } from './db.ts'
import { seatOf } from './line-connection.ts'
import { onDatabase, openTestDatabase, type TestDatabase } from './test-database.ts'
import { openWriter } from './writer.ts'

let database: TestDatabase
let superuser: pg.Client

test.before(async () => {
  database = await openTestDatabase()
  superuser = new pg.Client(clientConfig(database.address, null))
  await superuser.connect()
})
test.after(async () => {
  await superuser.end()
  await database[Symbol.asyncDispose]()
})

/** What a restart of the server, a failover or an administrator does to us. */
async function cutAll(): Promise<void> {
  await superuser.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`)
  // The news of it has to come through the socket.
  await wait(50)
}

const message = (eventId: string): Batch => ({
  ...emptyBatch,
  keys: [
    {
      tenant: 'acme',
      eventId,
      caseId: 'c',
      kind: 'message.received',
      payloadHash: Buffer.alloc(16),
      recordedAt: new Date(),
      decisionId: null,
      caseKinds: null,
    },
  ],
  events: [],
  decisions: [],
  outcomes: [],
  messages: [],
  touches: [],
})

test('the line writes again after its connections were lost, however often they are', async () => {
  await using writer = await openWriter(database.db, { connections: 2 })
  for (let round = 0; round < 3; round++) {
    await cutAll()
    assert.deepEqual([...(await writer.write(message(`first-${round}`)))], [])
    assert.deepEqual([...(await writer.write(message(`second-${round}`)))], [])
  }
})

test('a connection lost between two queries of a transaction fails that transaction and not the process', async () => {
  await assert.rejects(
    database.db.transaction([], async db => {
      await db.query('select 1')
      await cutAll()
      await db.query('select 1')
    }),
    /not queryable|terminat/i,
  )
  assert.equal((await database.db.transaction([], db => db.query('select 1'))).rowCount, 1)
})

test('locks of a process that is gone without a word are released: no transaction stays open that nobody asks anything', async () => {
  const limit = async (client: Pick<pg.ClientBase, 'query'>) =>
    (await client.query(`select current_setting('idle_in_transaction_session_timeout') as ms`)).rows[0].ms
  assert.equal(await database.db.transaction([], handle => limit(handle as unknown as pg.ClientBase)), '1min')
  const seat = seatOf(database.db, {})
  assert.equal(await limit((await seat.connection()).client), '20s')
  await seat.close()
})

test('a database that lets nobody in is an outage, by whatever word it says so', async () => {
  const failures: unknown[] = []
  const connect = async () => {
    const client = new pg.Client(clientConfig(database.address, null))
    await client.connect().then(
      () => client.end(),
      error => failures.push(error),
    )
  }
  const { rows } = await superuser.query<{ name: string }>('select current_database() as name')
  const { name } = rows[0]!
  const elsewhere = new pg.Client(clientConfig(onDatabase(database.address, 'postgres'), null))
  await elsewhere.connect()
  await elsewhere.query(`alter database ${name} with allow_connections false`)
  await connect()
  await elsewhere.query(`alter database ${name} with allow_connections true`)
  await connect()
  await elsewhere.end()
  assert.deepEqual(failures.map(isOutage), [true])
  assert.equal((failures[0] as { code?: string }).code, '55000')
})
