import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { clientConfig } from './store/db.ts'
import { openTestDatabase, through } from './store/test-database.ts'
import { openProxy } from './testing/proxy.ts'
import { startWorld } from './testing/start-world.ts'

const lead = (name: string) => ({ name, email: `${name.toLowerCase()}@example.invalid` })
/** Far less than any limit of a statement or of a connection. */
const soon = <T>(work: Promise<T>): Promise<T | 'nothing'> =>
  Promise.race([work, wait(14_000, 'nothing' as const, { ref: false })])

test('a database that stands still is an outage within seconds, for who waits and who comes, and heals by itself', async () => {
  await using database = await openTestDatabase()
  await using proxy = await openProxy(database.address)
  await using world = await startWorld({
    database: through(database, proxy.address),
    env: { DATABASE_SILENCE_SECONDS: '1' },
  })
  const { app, call } = world
  const statusOf = async (path: string, options?: Parameters<typeof call>[1]) => (await call(path, options)).status
  const key = await world.key('ingest')
  const post = (name: string) => statusOf('/v1/lead', { key, body: lead(name) })
  const up = async () => /^database_up (\d)$/m.exec((await call('/metrics', { key: null })).text)?.[1]
  assert.deepEqual([await post('Anna'), await statusOf('/v1/lead'), await up()], [200, 200, '1'])

  proxy.freeze()
  const waiting = [post('Berta'), post('Clara'), statusOf('/v1/lead'), statusOf('/v1/tasks'), statusOf('/ready')]
  assert.deepEqual(await soon(Promise.all(waiting)), [503, 503, 503, 503, 503])
  const away = await call('/v1/lead', { key, body: lead('Dora') })
  assert.deepEqual([away.status, away.body.code], [503, 'storage_unavailable'])
  assert.ok(Number(away.headers.get('retry-after')) >= 1)
  assert.deepEqual([await statusOf('/healthz', { key: null }), await up()], [200, '0'])

  proxy.thaw()
  while ((await post('Emil')) !== 200) await wait(20)
  while ((await statusOf('/ready')) !== 200) await wait(20)
  assert.equal(await statusOf('/v1/lead'), 200)
  assert.equal(await up(), '1')
  const { rows } = await app.db.transaction(['acme'], db => db.query('select count(*) as n from decisions'))
  assert.ok(rows[0]!['n'] >= 2, 'what was answered 200 is there')
})

test('a database that takes no writes is an outage, its sessions are let go, and all is well when it does again', async () => {
  await using world = await startWorld()
  const { call, database } = world
  const key = await world.key('ingest')
  const post = async (name: string) => {
    const { status, body } = await call('/v1/lead', { key, body: lead(name) })
    return `${status} ${body.code ?? 'ok'}`
  }
  const stop = { body: { pod: 'customer-ops', action: '*', mode: 'stopped', reason: 'wrong prices' } }
  const ready = async () => (await call('/ready')).status
  const writable = async () => /^database_writable (\d)$/m.exec((await call('/metrics', { key: null })).text)?.[1]
  assert.deepEqual([await post('Anna'), await writable()], ['200 ok', '1'])
  assert.equal((await call('/v1/lead')).status, 200)
  const owner = new pg.Client(clientConfig(database.address, null))
  await owner.connect()
  const { rows } = await owner.query('select current_database() as name')
  const set = (value: string) => owner.query(`alter database ${rows[0].name} ${value}`)
  try {
    await set('set default_transaction_read_only = on')
    // What managed servers do near a full disk: whoever is connected only reads from now on.
    await owner.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`)
    while ((await call('/v1/lead')).status !== 200) await wait(20)
    // Of itself: nobody has written or asked whether it is ready.
    while ((await writable()) !== '0') await wait(50)
    const answers = await Promise.all(['Berta', 'Clara', 'Dora', 'Emil'].map(post))
    assert.deepEqual([...new Set(answers)], ['503 storage_unavailable'])
    assert.equal(await ready(), 503)
    assert.equal((await call('/v1/lead')).status, 200, 'what only reads goes on')
    // Many sessions that only read.
    await Promise.all(Array.from({ length: 12 }, () => call('/v1/lead')))
    assert.equal((await call('/ops/mode', stop)).status, 503)
  } finally {
    await set('reset default_transaction_read_only')
    await owner.end()
  }
  while ((await writable()) !== '1') await wait(50)
  assert.equal(await ready(), 200)
  const after = await Promise.all(['Franz', 'Gerda', 'Hugo', 'Ida'].map(post))
  assert.deepEqual([...new Set(after)], ['200 ok'])
  assert.equal((await call('/ops/mode', stop)).status, 200)
})
