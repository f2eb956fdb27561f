import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import pg from 'pg'
import { buildConfig } from '../config/config.ts'
import type { Env } from '../config/env.ts'
import { loadSecrets } from '../config/secrets.ts'
import { checkAndSign } from '../manage/audit/check-and-sign.ts'
import { auditKeys } from '../manage/audit/open-audit.ts'
import { lead, ledgerOn, testKey } from '../manage/receipts/testing/ledger.ts'
import { makeSigningKey } from '../model/signature.ts'
import { appendAudit } from '../store/audit.ts'
import { clientConfig } from '../store/db.ts'
import { ensurePartitions, partitionedTables } from '../store/partitions.ts'
import { prepareTables } from '../store/prepare-tables.ts'
import { rememberTask } from '../store/tasks.ts'
import { asLogin, openTestDatabase, type TestDatabase } from '../store/test-database.ts'
import { urlOf } from '../testing/start-world.ts'
import { openSuperuser } from '../testing/superuser.ts'
import { type Check, type Examination, examine } from './examine.ts'
import { holdInstallationKeys } from './installation-keys.ts'

const now = () => new Date()
const day = 86_400_000
const own = makeSigningKey()
const dataDir = await mkdtemp(join(tmpdir(), 'surety-doctor-'))
const key = () => Buffer.alloc(32, 7).toString('base64')
await writeFile(
  join(dataDir, 'keys.json'),
  JSON.stringify({ data_key: key(), pii_key: key(), model_signing_key: own.text }),
  { mode: 0o600 },
)
const sound = await openTestDatabase()
await fill(sound)
after(async () => {
  await sound[Symbol.asyncDispose]()
  await rm(dataDir, { recursive: true, force: true })
})

/** Audit entries signed half way, a chain of receipts signed at its end, tasks that just ran, and partitions ahead. */
async function fill(database: TestDatabase): Promise<void> {
  const { db } = database
  const entry = () =>
    db.transaction(['acme'], handle =>
      appendAudit(handle, { tenant: 'acme', at: now(), actor: 'cli', action: 'key.created' }),
    )
  for (let n = 0; n < 4; n++) await entry()
  await checkAndSign(db, 'acme', auditKeys(own.text, ''), now())
  for (let n = 0; n < 4; n++) await entry()
  await db.transaction(['acme'], handle =>
    handle.query(`insert into tenant_directory (tenant_id) values ('acme') on conflict do nothing`),
  )
  {
    await using ledger = await ledgerOn(database, 1, testKey())
    for (let i = 1; i <= 4; i++) await ledger.run(lead(`L${i}`))
  }
  await db.transaction([], async handle => {
    await ensurePartitions(handle, now(), new Date(Date.now() + 35 * day))
    await rememberTask(handle, 'retention', { cron: '7 * * * *', timeZone: 'UTC' }, now())
    await rememberTask(handle, 'audit-self-check', { cron: '30 4 * * *', timeZone: 'UTC' }, now())
  })
}

const look = async (
  url: string,
  options: Examination = {},
  env: Env = {},
): Promise<{ readonly [name: string]: Check }> => {
  const config = buildConfig({ DATABASE_URL: url, DATA_DIR: dataDir, PORT: '1', ...env })
  const checks = await examine({ ...config, port: 0 }, now, options)
  return Object.fromEntries(checks.map(check => [check.name, check]))
}

/** What is bad after a superuser did this to a copy. */
async function badAfter(statement: string, options: Examination = {}): Promise<{ readonly [name: string]: Check }> {
  await using database = await openTestDatabase({ copyOf: sound })
  {
    await using intruder = await openSuperuser(database.address)
    await intruder.query(statement)
  }
  const found = Object.entries(await look(urlOf(database.address), options))
  return Object.fromEntries(found.filter(([, check]) => !check.ok))
}

test('of an installation that is sound nothing is bad, and it is said how much was looked at', async () => {
  for (const whole of [false, true]) {
    const found = await look(urlOf(sound.address), { whole })
    assert.deepEqual(
      Object.values(found).filter(check => !check.ok),
      [],
    )
    assert.match(found['audit']!.sentence, /^8 entries hold together/)
    assert.match(found['receipts']!.sentence, whole ? /^4 records in 4 links hold/ : /^The newest 4 links hold/)
    assert.match(found['tasks']!.sentence, /^2 tasks run when they should/)
    assert.ok(found['partitions'] && found['clock'] && found['search'] && found['disk'] && found['port'])
  }
})

const broken: readonly [what: string, statement: string, name: string, sentence: RegExp][] = [
  [
    'an audit entry is rewritten',
    `update audit set actor = 'key:x' where seq = 6`,
    'audit',
    /tenant acme: entry 6 was changed/,
  ],
  ['an audit entry is deleted', 'delete from audit where seq = 7', 'audit', /entry 7 is missing/],
  ['an audit log is emptied', 'truncate audit, audit_heads', 'audit', /had 4 entries when it was signed/],
  [
    'an audit log is emptied with all its heads',
    `insert into api_keys (tenant_id, key_id, secret_sha256, role, name, created_at) values ('acme', 'k1', '', 'viewer', 'one', now());
     truncate audit, audit_heads, audit_signed_heads`,
    'audit',
    /tenant acme: the log is empty although an API key was made here/,
  ],
  ['a link of receipts is deleted', 'delete from receipt_links where seq = 3', 'receipts', /link 3 is missing/],
  ['the last link is deleted', 'delete from receipt_links where seq = 4', 'receipts', /the tail is missing/],
  [
    'a task was not run for days',
    `update task_runs set last_success = now() - interval '2 days' where task = 'audit-self-check'`,
    'tasks',
    /audit-self-check was due at .* and nobody ran it/,
  ],
  [
    'a task failed',
    `update task_runs set state = 'failed', attempts = 2, error_code = '42P01', started_at = now(), retry_at = now() + interval '4 minutes' where task = 'retention'`,
    'tasks',
    /retention failed 2 times in a row \(42P01\)/,
  ],
  [
    'a task ended well in the future',
    `update task_runs set last_success = now() + interval '400 days' where task = 'retention'`,
    'tasks',
    /retention ended well in the future/,
  ],
]

for (const [what, statement, name, sentence] of broken)
  test(`${what}: doctor says so, says what to do, and finds nothing else`, async () => {
    const found = await badAfter(statement)
    assert.deepEqual(Object.keys(found), [name])
    assert.match(found[name]!.sentence, sentence)
    assert.match(found[name]!.todo ?? '', /surety (verify|tasks)/)
  })

test('a task that ended well in the future leads to the section on clocks, one that failed to its log line, and both to both', async () => {
  const ahead = `update task_runs set last_success = now() + interval '400 days' where task = 'retention'`
  const failed = `update task_runs set state = 'failed', attempts = 1, error_code = '42P01', started_at = now(), retry_at = now() + interval '4 minutes' where task = 'audit-self-check'`
  const todo = async (statement: string) => (await badAfter(statement))['tasks']!.todo!
  assert.match(await todo(ahead), /"Clocks"/)
  assert.doesNotMatch(await todo(ahead), /task_failed/)
  assert.doesNotMatch(await todo(failed), /Clocks/)
  assert.match(await todo(`${ahead}; ${failed}`), /Clocks.*task_failed|task_failed.*Clocks/)
})

test('other keys than the start takes are bad, with the sentence of the start; nothing is noted, made or changed', async () => {
  await using database = await openTestDatabase({ copyOf: sound })
  const url = urlOf(database.address)
  const noted = () => database.db.read([], reader => reader.query('select * from installation_keys order by 1, 2'))
  const before = await look(url)
  assert.match(before['installation']!.sentence, /^No keys are noted/)
  assert.equal((await noted()).rowCount, 0, 'the look notes nothing')
  const secrets = { dataKeys: [Buffer.alloc(32, 7)], piiRoot: Buffer.alloc(32, 7), modelSigningKey: own.text }
  await holdInstallationKeys(database.db, secrets, now)
  const rightful = (await noted()).rows
  const other = Buffer.alloc(32, 9).toString('base64')
  for (const [env, ok] of [
    [{}, true],
    [{ DATA_KEY: `${other},${key()}` }, true],
    [{ DATA_KEY: other }, false],
    [{ PII_KEY: other }, false],
    [{ MODEL_SIGNING_KEY: makeSigningKey().text }, false],
  ] as const) {
    const { installation } = await look(url, {}, env)
    assert.equal(installation!.ok, ok, Object.keys(env).join())
    if (ok) continue
    const config = buildConfig({ DATABASE_URL: url, DATA_DIR: dataDir, ...env })
    const refused = await holdInstallationKeys(database.db, await loadSecrets(config.secrets, dataDir), now).then(
      () => 'nothing',
      error => error.message,
    )
    assert.equal(installation!.sentence, refused)
  }
  const empty = join(dataDir, 'empty')
  assert.match((await look(url, {}, { DATA_DIR: empty }))['installation']!.sentence, /other keys: DATA_KEY .*PII_KEY/)
  await assert.rejects(stat(empty), { code: 'ENOENT' })
  assert.deepEqual((await noted()).rows, rightful)
})

test('a partition of the next weeks that is dropped, or off its table, is missed', async () => {
  const next = new Date(Date.now() + 28 * day).toISOString().slice(0, 7).replace('-', '_')
  for (const statement of [
    `drop table decisions_${next}`,
    `alter table decisions detach partition decisions_${next}`,
  ]) {
    const found = await badAfter(statement)
    assert.deepEqual(Object.keys(found), ['partitions'])
    assert.match(found['partitions']!.sentence, new RegExp(`missing: decisions_${next}\\.`))
  }
  assert.ok(partitionedTables.length > 5)
})

test('a record that was changed is found by the whole look alone', async () => {
  const statement = `update decisions set reason = 'stopped'`
  assert.deepEqual(await badAfter(statement), {})
  const found = await badAfter(statement, { whole: true })
  assert.match(found['receipts']!.sentence, /not there as it was written/)
})

test('a database that only reads is bad, and its records are looked at all the same', async () => {
  const found = await badAfter(
    `do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$`,
  )
  assert.deepEqual(Object.keys(found), ['database'])
  assert.match(found['database']!.sentence, /takes no writes/)
})

test('a database that is away or says nothing is told within its time, and that the rest was not looked at', async () => {
  const silent = createServer(socket => socket.resume()).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as { port: number }
  const found = await look(`postgres://surety@127.0.0.1:${port}/surety`, { mostMs: 500 })
  assert.match(found['database']!.sentence, /did not answer within 0.5 s/)
  assert.match(found['records']!.sentence, /Audit, receipts, tasks and partitions were not looked at/)
  const closed = new Promise(resolve => silent.close(resolve))
  const gone = await look(`postgres://surety@127.0.0.1:${port}/surety`)
  assert.match(gone['database']!.sentence, /ECONNREFUSED/)
  assert.equal(gone['records']!.ok, false)
  await closed
})

test('a table that somebody holds keeps its check from an answer, and no other one', async () => {
  await using database = await openTestDatabase({ copyOf: sound })
  const holder = new pg.Client(clientConfig(database.address, null))
  await holder.connect()
  try {
    await holder.query('begin; lock table audit in access exclusive mode')
    const found = await look(urlOf(database.address), { mostMs: 2_000 })
    assert.match(found['audit']!.sentence, /Could not be looked at: did not answer within 2 s/)
    assert.deepEqual(
      Object.values(found)
        .filter(check => !check.ok)
        .map(check => check.name),
      ['audit'],
    )
  } finally {
    await holder.end()
  }
})

test('before the first start nothing is wrong', async () => {
  await using empty = await openTestDatabase({ empty: true })
  const found = await look(urlOf(empty.address))
  assert.match(found['records']!.sentence, /none yet/)
  assert.deepEqual(
    Object.values(found).filter(check => !check.ok),
    [],
  )
})

test('where the service logs in as somebody else than the owner of the tables, the doctor reads what the service may', async () => {
  await using database = await openTestDatabase({ copyOf: sound })
  await using superuser = await openSuperuser(database.address)
  const service = `surety_service_${randomBytes(4).toString('hex')}`
  await superuser.query(`create role ${service} login`)
  try {
    const address = asLogin(database.address, service)
    const owner = urlOf(database.address)
    await prepareTables(address, owner)
    const found = await look(urlOf(address), {}, { MIGRATE_URL: owner })
    assert.deepEqual(
      Object.values(found).filter(check => !check.ok),
      [],
    )
    assert.match(found['audit']!.sentence, /^8 entries/)
    assert.match(found['tables']!.sentence, /serves and owns nothing/)
  } finally {
    await superuser.query(`drop owned by ${service}; drop role ${service}`)
  }
})
