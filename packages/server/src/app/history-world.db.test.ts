import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import pg from 'pg'
import { Registry } from 'prom-client'
import { openModels } from '../manage/models/open-models.ts'
import { makeSigningKey, readSigningKey } from '../model/signature.ts'
import { pods } from '../pods.ts'
import { auditOf } from '../store/audit.ts'
import { clientConfig } from '../store/db.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { leadOf } from '../testing/acting-core.ts'
import { learning } from './core.ts'
import { openHistoryWorld } from './history-world.ts'

const at = new Date('2026-02-02T00:00:00Z')

/** A replay's line over a database that the test may break. */
async function openBreakable(monotonicMs: () => number) {
  await using stack = new AsyncDisposableStack()
  const { db, address } = stack.use(await openTestDatabase({ poolSize: 4 }))
  const { text } = makeSigningKey()
  const config = { minAuc: 0.65, modelPath: 'no-such-model.json', modelTrustedKeys: '' }
  const secrets = { dataKeys: [randomBytes(32)], piiRoot: randomBytes(32), modelSigningKey: text }
  const common = { db, secrets, minAuc: 0.65, now: () => at, audit: auditOf(), monotonicMs }
  const models = stack.use(await openModels({ ...common, config, pods, metrics: new Registry() }, learning))
  const world = stack.use(
    await openHistoryWorld({
      ...common,
      models,
      pod: 'customer-ops',
      tenant: 'acme',
      seed: 1,
      enrichment: true,
      resumable: false,
      receipts: false,
      setClock() {},
      signingKey: readSigningKey(text),
    }),
  )
  const owner = new pg.Client(clientConfig(address, null))
  await owner.connect()
  stack.defer(() => owner.end())
  const open = stack.move()
  return {
    owner,
    run: (id: string) => world.run([{ raw: leadOf('acme', id), at, startedMs: 0 }]),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

test('what fails beside the line of a replay stops it: the line would go on with what it knew', async () => {
  let monotonicMs = 0
  await using place = await openBreakable(() => monotonicMs)
  assert.equal((await place.run('L1'))[0]?.status, 'recorded')
  await place.owner.query('alter table settings rename to settings_away')
  // Old enough to be read again in the background; no batch waits for it.
  monotonicMs = 4_500
  const later = async () => {
    for (let n = 2; n < 100; n++) await place.run(`L${n}`)
  }
  await assert.rejects(later(), /The line failed while the history was replayed: relation "settings" does not exist$/)
})

test('an outage stops a replay with its cause, not with the sentence for callers of a service', async () => {
  await using place = await openBreakable(() => 0)
  await place.owner.query(`create function full_disk() returns trigger language plpgsql as
    $$ begin raise exception 'no space left on device' using errcode = '53100'; end $$`)
  await place.owner.query(
    'create trigger full_disk before insert on event_keys for each row execute function full_disk()',
  )
  await assert.rejects(place.run('L1'), /The line failed while the history was replayed: no space left on device$/)
})
