// The service logs in as somebody who owns nothing: what such a login can do to the tables, and which logins are none.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { urlOf } from '../testing/start-world.ts'
import { openSuperuser } from '../testing/superuser.ts'
import { appendAudit, auditAfter } from './audit.ts'
import { openDatabase } from './db.ts'
import { dropPartitions } from './drop-partitions.ts'
import { mergeSearchWords } from './merge-search-words.ts'
import { makeMonths } from './partitions.ts'
import { prepareTables } from './prepare-tables.ts'
import { serviceGrants } from './service-grants.ts'
import { gatherStatistics } from './table-statistics.ts'
import { asLogin, openTestDatabase } from './test-database.ts'

const stack = new AsyncDisposableStack()
after(() => stack.disposeAsync())
const database = stack.use(await openTestDatabase({ empty: true }))
const superuser = stack.use(await openSuperuser(database.address))
const nameIn = async (one: typeof superuser): Promise<string> =>
  (await one.query<{ name: string }>('select current_database() as name'))[0]!.name
const name = await nameIn(superuser)
const suffix = randomBytes(4).toString('hex')
const [owner, service] = [`surety_owner_${suffix}`, `surety_service_${suffix}`]
await superuser.query(
  `create role ${owner} login; create role ${service} login; grant create on database ${name} to ${owner}`,
)
stack.defer(async () => {
  await superuser.query(`drop owned by ${owner}, ${service} cascade; drop role ${owner}, ${service}`)
})

const serving = asLogin(database.address, service)
const migrateUrl = urlOf(asLogin(database.address, owner))
const prepare = () => prepareTables(serving, migrateUrl)
const prepared = await prepare()
const db = stack.use(openDatabase(serving, prepared.role, 2, prepared.owner))
const at = new Date('2027-02-10T12:00:00Z')
const entry = { tenant: 'acme', at, actor: 'cli', action: 'settings.changed' }

test('it adds to the audit log, reads it, and goes on where it ended', async () => {
  await db.transaction(['acme'], async tx => {
    await appendAudit(tx, entry)
    await appendAudit(tx, { ...entry, action: 'key.created' })
  })
  const rows = await db.read(['acme'], reader => auditAfter(reader, 'acme', 0, 10))
  assert.deepEqual(
    rows.map(({ seq, action }) => [seq, action]),
    [
      [1, 'settings.changed'],
      [2, 'key.created'],
    ],
  )
})

const attacks = [
  `update audit set actor = 'somebody'`,
  'delete from audit',
  'truncate audit, audit_heads, audit_signed_heads',
  'truncate audit_heads',
  'delete from audit_heads',
  `update audit_signed_heads set length = 0`,
  'delete from audit_signed_heads',
  'delete from receipt_links',
  `update receipt_links set digests = ''`,
  'delete from receipt_heads',
  'delete from migrations',
  'truncate events cascade',
  'drop table audit',
  'drop table audit cascade',
  'alter table audit disable row level security',
  'alter table audit no force row level security',
  'alter table audit add column more text',
  'alter table audit rename to other',
  `alter table audit owner to ${service}`,
  'create policy all_rows on audit using (true)',
  'drop policy tenant_adds on audit',
  `create rule nothing as on insert to audit do instead nothing`,
  `create trigger changed before insert on audit for each row execute function hold_autonomy_alone()`,
  'create index mine on audit (actor)',
  'alter function event_digest(text) rename to other',
  'create or replace function event_digest(event_id text) returns uuid language sql as $$ select null::uuid $$',
  'create table mine (a int)',
  'create function mine() returns int language sql as $$ select 1 $$',
  'drop schema surety cascade',
  `set role ${owner}`,
  `set session authorization ${owner}`,
  'set row_security = off; select from audit',
  'lock table audit in access exclusive mode',
]

for (const attack of attacks)
  test(`it is refused: ${attack}`, async () => {
    await assert.rejects(
      db.transaction(['acme'], tx => tx.query(attack)),
      { code: '42501' },
    )
  })

test('it gives itself no right: PostgreSQL warns and does nothing', async () => {
  await db.transaction([], tx => tx.query(`grant all on audit to ${service}; grant update on audit to public`))
  const { rows } = await db.read([], reader =>
    reader.query<{ may: boolean }>(`select has_table_privilege('audit', 'update, delete, truncate') as may`),
  )
  assert.deepEqual(rows, [{ may: false }])
})

test('without a tenant it reads no row, as before', async () => {
  assert.equal((await db.read([], reader => reader.query('select from audit'))).rowCount, 0)
})

test('the rights of every table are declared, and no table is declared that is not there', async () => {
  const { rows } = await db.read([], reader =>
    reader.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'surety'::regnamespace and relkind in ('r', 'p') and not relispartition`,
    ),
  )
  assert.deepEqual(rows.map(row => row.name).sort(), Object.keys(serviceGrants).sort())
})

test('nothing of the log or of what proves a past can be changed', () => {
  for (const table of ['audit', 'audit_signed_heads', 'receipt_links', 'receipt_heads', 'settings', 'transitions'])
    assert.deepEqual(serviceGrants[table], ['SELECT', 'INSERT'], table)
})

test('months are made and dropped, statistics gathered and search words merged as the owner', async () => {
  await makeMonths(db, new Date('2025-01-01'), new Date('2025-02-01'))
  const made = await superuser.query(
    `select pg_get_userbyid(relowner) as owner from pg_class where relname = 'events_2025_02'`,
  )
  assert.deepEqual(made, [{ owner }])
  // It is on, and never finds enough to do: whoever looks at the table here, it is not the server by itself.
  await superuser.query('alter table surety.fences set (autovacuum_analyze_threshold = 2000000000)')
  await db.transaction(['acme'], async tx => {
    await tx.query(
      `insert into fences (tenant_id, case_id, token, reason, at) select 'acme', 'L' || n, 1, 'act', now() from generate_series(1, 600) n`,
    )
    await tx.query('select pg_stat_force_next_flush()')
  })
  assert.deepEqual(await gatherStatistics(db), ['fences'])
  await makeMonths(db, new Date(), new Date())
  await db.transaction(['acme'], tx =>
    tx.query(
      `insert into events (tenant_id, event_id, pod, kind, case_id, occurred_at, recorded_at, payload, search)
       select 'acme', gen_random_uuid(), 'customer-ops', 'lead.created', n, now(), now(), '{}', ('w' || n)::tsvector
       from generate_series(1, 2000) n`,
    ),
  )
  assert.ok((await db.transaction([], mergeSearchWords)) > 0)
  assert.notDeepEqual(await superuser.query(`select from pg_stats where tablename = 'fences'`), [])
  const gone = await dropPartitions(db, { events: new Date('2025-02-01') })
  assert.deepEqual(gone, ['events_2025_01'])
})

test('rights that somebody gave it are taken back at the next start, and missing ones given', async () => {
  await superuser.query(
    `grant update, delete, truncate on surety.audit to ${service}; revoke insert on surety.audit_heads from ${service};
     create table surety.mine (a int); alter table surety.mine owner to ${owner}; grant all on surety.mine to ${service}`,
  )
  await prepare()
  await assert.rejects(
    db.transaction(['acme'], tx => tx.query('delete from audit')),
    { code: '42501' },
  )
  await assert.rejects(
    db.transaction(['acme'], tx => tx.query('select from mine')),
    { code: '42501' },
  )
  await db.transaction(['acme'], tx => appendAudit(tx, entry))
  await superuser.query('drop table surety.mine')
})

interface Refusal {
  readonly title: string
  readonly before: string
  readonly undo: string
  readonly says: RegExp
}

const refusals: readonly Refusal[] = [
  {
    title: 'a superuser',
    before: `alter role ${service} superuser`,
    undo: `alter role ${service} nosuperuser`,
    says: /is a superuser/,
  },
  {
    title: 'one that passes by row-level security',
    before: `alter role ${service} bypassrls`,
    undo: `alter role ${service} nobypassrls`,
    says: /passes by row-level security/,
  },
  {
    title: 'one that may join any role',
    before: `alter role ${service} createrole`,
    undo: `alter role ${service} nocreaterole`,
    says: /may join any role/,
  },
  {
    title: 'a member of the owner',
    before: `grant ${owner} to ${service}`,
    undo: `revoke ${owner} from ${service}`,
    says: /is a member of surety_owner_/,
  },
  {
    title: 'the owner of the database',
    before: `alter database ${name} owner to ${service}`,
    undo: `alter database ${name} owner to current_user`,
    says: /owns the tables or their database/,
  },
  {
    title: 'one that owns one table',
    before: `grant create on schema surety to ${service}; alter table surety.outbox owner to ${service}; revoke create on schema surety from ${service}`,
    undo: `alter table surety.outbox owner to ${owner}`,
    says: /owns the tables or their database/,
  },
  {
    title: 'one that has a right through everybody',
    before: 'grant delete on surety.audit to public',
    undo: 'revoke delete on surety.audit from public',
    says: /has the right DELETE on surety.audit/,
  },
  {
    title: 'one that has a right on a column',
    before: `grant update (actor) on surety.audit to ${service}`,
    undo: `revoke update (actor) on surety.audit from ${service}`,
    says: /has the right UPDATE on surety.audit/,
  },
  {
    title: 'one that may write whatever is there',
    before: `grant pg_write_all_data to ${service}`,
    undo: `revoke pg_write_all_data from ${service}`,
    says: /has the right (DELETE|UPDATE) on surety/,
  },
  {
    title: 'one that may make tables beside ours',
    before: 'grant create on schema surety to public',
    undo: 'revoke create on schema surety from public',
    says: /may make tables/,
  },
]

for (const { title, before, undo, says } of refusals)
  test(`a start is refused with one sentence: ${title}`, async () => {
    await superuser.query(before)
    try {
      await assert.rejects(prepare(), (error: Error) => {
        assert.match(error.message, says)
        assert.match(error.message, /^MIGRATE_URL keeps .*DATABASE_URL.*\)\.$/)
        return true
      })
    } finally {
      await superuser.query(undo)
    }
    await prepare()
  })

test('a start is refused where both are the same login', async () => {
  await assert.rejects(prepareTables(asLogin(database.address, owner), migrateUrl), /log in as the same one/)
})

test('a start is refused where they are of two databases, and nothing is written there', async () => {
  await using other = await openTestDatabase({ empty: true })
  await assert.rejects(prepareTables(asLogin(other.address, service), migrateUrl), /another database than DATABASE_URL/)
  const otherOwner = urlOf(asLogin(other.address, owner))
  await assert.rejects(prepareTables(serving, otherOwner), /another database than DATABASE_URL/)
  await using there = await openSuperuser(other.address)
  assert.deepEqual(await there.query(`select from pg_namespace where nspname = 'surety'`), [])
})

test('a start with the login that serves alone is told what it lacks', async () => {
  await assert.rejects(prepareTables(serving, null), new RegExp(`tables belong to ${owner}.*MIGRATE_URL`))
})

test('a superuser as the owner leaves the tables to surety_app, of which the login that serves may be no member', async () => {
  await using other = await openTestDatabase({ empty: true })
  const there = asLogin(other.address, service)
  await superuser.query(`grant surety_app to ${service}`)
  try {
    await assert.rejects(prepareTables(there, urlOf(other.address)), /is a member of surety_app/)
  } finally {
    await superuser.query(`revoke surety_app from ${service}`)
  }
  assert.equal((await prepareTables(there, urlOf(other.address))).owner?.role, 'surety_app')
})

test('tables of surety_app that are assigned to a plain owner go on under two logins', async () => {
  await using old = await openTestDatabase()
  await using there = await openSuperuser(old.address)
  const databaseName = await nameIn(there)
  await there.query(`grant create on database ${databaseName} to ${owner}`)
  const [theirs, ours] = [asLogin(old.address, service), asLogin(old.address, owner)]
  await assert.rejects(prepareTables(theirs, urlOf(ours)), /tables belong to surety_app/)
  await there.query(`reassign owned by surety_app to ${owner}`)
  const { role, owner: login } = await prepareTables(theirs, urlOf(ours))
  await using both = openDatabase(theirs, role, 1, login)
  await both.transaction(['acme'], tx => appendAudit(tx, entry))
  await makeMonths(both, at, at)
  await assert.rejects(
    both.transaction(['acme'], tx => tx.query('delete from audit')),
    { code: '42501' },
  )
})
