import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Database, openDatabase } from '../store/db.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { openProxy } from '../testing/proxy.ts'
import { wallClock } from './clock.ts'
import { type ListenOptions, openListen } from './listen.ts'

const database = await openTestDatabase()
after(() => database[Symbol.asyncDispose]())
const { db } = database
const say = (channel: string, payload: string, through: Database = db) =>
  through.transaction([], handle => handle.query('select pg_notify($1, $2)', [channel, payload]))
const until = async (holds: () => boolean): Promise<void> => {
  const end = performance.now() + 20_000
  while (!holds()) {
    assert.ok(performance.now() < end, 'it did not come about')
    await wait(5)
  }
}

async function listening(more: Partial<ListenOptions> = {}) {
  const heard: string[] = []
  const errors: unknown[] = []
  const listen = await openListen({ db, clock: wallClock(), onError: error => errors.push(error), ...more })
  const follow = (name: string, ...channels: readonly string[]) =>
    listen.add({
      channels: Object.fromEntries(
        channels.map(channel => [channel, (payload: string) => heard.push(`${name}: ${channel} ${payload}`)]),
      ),
      missed: () => heard.push(`${name}: missed`),
    })
  return { listen, heard, errors, follow }
}

test('one connection hears for all, and tells each listener what is said on its channels', async () => {
  const { listen, heard, follow } = await listening()
  await using _ = listen
  await follow('settings', 'test_settings', 'test_modes')
  await say('test_models', 'too early')
  await follow('models', 'test_models')
  await say('test_models', '*')
  await say('test_modes', 'acme')
  await say('test_settings', '')
  await until(() => heard.length === 3)
  assert.deepEqual(heard, ['models: test_models *', 'settings: test_modes acme', 'settings: test_settings '])
  const admin = await db.connect()
  await admin.query('set role none')
  const { rows } = await admin.query(
    `select from pg_stat_activity where datname = current_database() and query like 'listen "test_%'`,
  )
  await admin.end()
  assert.equal(rows.length, 1)
})

test('after a broken connection every listener is told that it missed something, and hears again', async () => {
  const { listen, heard, errors, follow } = await listening()
  await using _ = listen
  await follow('one', 'test_one')
  await follow('two', 'test_two')
  const admin = await db.connect()
  await admin.query(`set role none; select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query = 'listen "test_two"'`)
  await admin.end()
  await until(() => heard.length === 2)
  await say('test_two', 'x')
  await say('test_one', 'y')
  await until(() => heard.length === 4)
  assert.deepEqual(heard, ['one: missed', 'two: missed', 'two: test_two x', 'one: test_one y'])
  assert.deepEqual(errors, [])
})

test('who is added while the connection comes back is heard from then on', async () => {
  let meanwhile: (() => unknown) | null = null
  const slow: Database = {
    ...db,
    async connect() {
      const client = await db.connect()
      const query = client.query.bind(client)
      client.query = ((...args: Parameters<typeof query>) => {
        const sent = query(...args)
        meanwhile?.()
        return sent
      }) as typeof client.query
      return client
    },
  }
  const { listen, heard, follow } = await listening({ db: slow })
  await using _ = listen
  await follow('one', 'test_early')
  meanwhile = () => {
    meanwhile = null
    void follow('two', 'test_meanwhile')
  }
  const admin = await db.connect()
  await admin.query(`set role none; select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query = 'listen "test_early"'`)
  await admin.end()
  await until(() => heard.includes('one: missed'))
  assert.equal(meanwhile, null)
  await say('test_meanwhile', 'x')
  await until(() => heard.includes('two: test_meanwhile x'))
})

test('a connection that breaks without a word is noticed and replaced', async () => {
  await using proxy = await openProxy(database.address)
  await using slow = openDatabase(proxy.address, database.role, 1)
  {
    const { listen, heard, follow } = await listening({ db: slow, askMs: 200 })
    await using _ = listen
    await follow('one', 'test_one')
    // From here on nothing passes, and nobody hangs up.
    proxy.forget()
    await say('test_one', 'lost')
    await until(() => heard.includes('one: missed'))
    await say('test_one', 'x')
    await until(() => heard.includes('one: test_one x'))
    assert.ok(!heard.includes('one: test_one lost'))
  }
})
