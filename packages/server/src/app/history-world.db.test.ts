import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { pino } from 'pino'
import { openApp } from '../app.ts'
import { buildConfig } from '../config/config.ts'
import { clientConfig } from '../store/db.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { leadOf } from '../testing/acting-core.ts'
import { urlOf } from '../testing/start-world.ts'
import { openHistory } from './history.ts'
import { openHistoryWorld } from './history-world.ts'

const at = new Date('2026-02-02T00:00:00Z')

/** A Surety that a history is pushed through, over a database that the test may break. */
async function openBreakable() {
  await using stack = new AsyncDisposableStack()
  const { address } = stack.use(await openTestDatabase({ poolSize: 4 }))
  const dataDir = await mkdtemp(join(tmpdir(), 'surety-history-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const history = openHistory({ start: at, receipts: false, monotonicMs: () => performance.now() })
  const config = buildConfig({ DATABASE_URL: urlOf(address), DATA_DIR: dataDir, TENANT: 'acme' })
  const app = stack.use(await openApp(config, { history, logger: pino({ level: 'silent' }) }))
  const world = await openHistoryWorld({ app, history, pod: 'customer-ops', tenant: 'acme', seed: 1, resumable: false })
  const owner = new pg.Client(clientConfig(address, null))
  await owner.connect()
  stack.defer(() => owner.end())
  const open = stack.move()
  let ordinal = 0
  return {
    owner,
    app,
    history,
    world,
    run: (id: string) => world.run([{ raw: leadOf('acme', id), at, startedMs: 0, ordinal: ordinal++ }]),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

test('what fails beside the line of a history stops it: the line would go on with what it knew', async () => {
  await using place = await openBreakable()
  assert.equal((await place.run('L1'))[0]?.status, 'recorded')
  await place.owner.query('alter table settings rename to settings_away')
  const away = /relation "settings" does not exist$/
  // One question that fails keeps no other from its turn: what all of them say comes at the end.
  await assert.rejects(place.world.look(at), (error: unknown) => {
    const all = error instanceof AggregateError ? error.errors : [error]
    assert.ok(all.length > 0 && all.every(one => away.test(String(one))), String(all))
    return true
  })
})

test('an outage stops a history with its cause, not with the sentence for callers of a service', async () => {
  await using place = await openBreakable()
  await place.owner.query(`create function full_disk() returns trigger language plpgsql as
    $$ begin raise exception 'no space left on device' using errcode = '53100'; end $$`)
  await place.owner.query(
    'create trigger full_disk before insert on event_keys for each row execute function full_disk()',
  )
  await assert.rejects(place.run('L1'), /The line failed while the history was replayed: no space left on device$/)
})
