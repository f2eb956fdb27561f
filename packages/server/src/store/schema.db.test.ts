import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { type Reader, schemaName } from './db.ts'
import { describeSchema } from './describe-schema.ts'
import { ensurePartitions } from './partitions.ts'
import { openTestDatabase, type TestDatabase } from './test-database.ts'

let database: TestDatabase
test.before(async () => {
  database = await openTestDatabase()
  await database.db.transaction([], db => ensurePartitions(db, new Date('2027-03-01'), new Date('2027-04-01')))
})
test.after(() => database[Symbol.asyncDispose]())

/** What `sql` changes is looked at and taken back. */
const looked = async <T>(sql: string, look: (db: Reader) => Promise<T>): Promise<T> => {
  const client = await database.db.connect()
  try {
    await client.query('begin')
    if (sql !== '') await client.query(sql)
    return await look(client)
  } finally {
    await client.end()
  }
}
const described = (sql = '') => looked(sql, db => describeSchema(db, schemaName))

test('this server, partitions and all, has the tables that schema.snapshot.txt tells of', async () => {
  const kept = await readFile(new URL('./schema.snapshot.txt', import.meta.url), 'utf8')
  assert.equal(await described(), kept, 'run "npm run schema:generate" and look at what changed')
})

test('whatever a migration can change of the tables shows in their description', async () => {
  const before = (await described()).split('\n')
  for (const [sql, line] of [
    ['alter table inbox add column place text', '  place text'],
    ['alter table inbox alter column notes set not null', '  notes text not null'],
    [`alter table inbox alter column notes set default 'none'`, `  notes text default 'none'::text`],
    ['alter table inbox no force row level security', 'table inbox, row-level security not forced'],
    ['alter table inbox disable row level security', 'table inbox'],
    ['alter table inbox set (fillfactor = 70)', 'table inbox, row-level security forced, with fillfactor=70'],
    [
      'alter policy tenant_rows on inbox using (true)',
      /^ {2}policy tenant_rows for all using true check \(tenant_id = /,
    ],
    ['create index mine on outcomes (tenant_id)', '  CREATE INDEX mine ON outcomes USING btree (tenant_id)'],
    ['alter table inbox add constraint mine check (version > 0)', '  constraint mine CHECK ((version > 0))'],
    ['create statistics mine on pod, state from inbox', '  CREATE STATISTICS mine ON pod, state FROM inbox'],
    ['create view mine with (security_invoker) as select 1 as one', 'view mine, with security_invoker=true'],
    [
      'create function mine(a int) returns int language sql stable as $$ select 1 $$',
      'function mine(a integer) returns integer language sql stable',
    ],
    [`create type mine as enum ('b', 'a')`, 'type mine'],
    ['create sequence mine', 'sequence mine'],
    [
      'create or replace function hold_autonomy_alone() returns trigger language plpgsql as $$ begin return new; end $$',
      ' begin return new; end',
    ],
  ] as const) {
    const added = (await described(sql)).split('\n').filter(now => !before.includes(now))
    assert.ok(
      added.some(now => (typeof line === 'string' ? now.trim() === line.trim() : line.test(now))),
      `${sql}: ${added.join('\n') || 'nothing shows'}`,
    )
  }
})

/** Tables with a tenant that nothing in the database keeps apart, and why that is right. */
const openToAll: Readonly<Record<string, string>> = {
  key_directory: 'leads from a presented key to its tenant before any tenant is known; holds no secret',
  tenant_directory: 'names alone: recurring runs begin by asking whose turn it is',
}
/** Tables with a tenant and without a key that begins with it, and why they need none. */
const withoutKey: Readonly<Record<string, string>> = {
  key_directory: 'read before any tenant is known, by its key',
  events: 'one for each row of event_keys, written with it by one statement',
  decisions: 'one for each row of event_keys that opens a case, written with it by one statement',
  outcomes: 'one for each row of event_keys, written with it by one statement',
  messages: 'one for each row of event_keys, written with it by one statement',
  recent_event_keys: 'each of its days has a key of its own',
  transitions: 'a log: two rows of a case at one moment are two moves',
  receipt_links: 'numbered under the lock on its row of receipt_chains; verifying finds a number twice or missing',
}
/** Tables of the whole installation. */
const withoutTenant: Readonly<Record<string, string>> = {
  installation_keys: 'fingerprints of the keys that all processes have in common',
  migrations: 'which migrations were applied',
  recent_key_day: 'which day of recent_event_keys is written',
  task_runs: 'when a recurring task last ran, for all tenants',
}

interface Table {
  name: string
  parent: string | null
  tenant: boolean
  enabled: boolean
  forced: boolean
  policies: readonly string[] | null
  keyed: boolean
}

/** One sentence for each table that breaks the rule; of a partition its own settings count, for it can be read directly. */
async function faults(db: Reader): Promise<readonly string[]> {
  const { rows } = await db.query<Table>(`select c.relname as name, p.relname as parent,
      exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) as tenant,
      c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
      (select array_agg(coalesce(pg_get_expr(l.polqual, l.polrelid), '') || coalesce(pg_get_expr(l.polwithcheck, l.polrelid), ''))
        from pg_policy l where l.polrelid = c.oid) as policies,
      exists (select from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
        where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null and a.attname = 'tenant_id') as keyed
    from pg_class c left join pg_inherits h on h.inhrelid = c.oid left join pg_class p on p.oid = h.inhparent
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'f', 'm') order by 1`)
  const found: string[] = []
  for (const { name, parent, tenant, enabled, forced, policies, keyed } of rows) {
    const listed = parent ?? name
    if (!tenant) {
      if (withoutTenant[listed] === undefined) found.push(`${name} has no tenant_id and is not listed with a reason`)
      continue
    }
    if (openToAll[listed] === undefined) {
      if (!(enabled && forced)) found.push(`${name} has no forced row-level security`)
      // A partition without a policy shows nothing when it is read directly.
      if (parent === null && policies === null) found.push(`${name} has no policy`)
      for (const policy of policies ?? [])
        if (!(policy.includes('tenant_id') && policy.includes('surety.tenants')))
          found.push(`${name} has a policy that does not ask for the tenant`)
    }
    if (!keyed && withoutKey[listed] === undefined) found.push(`${name} has no key that begins with tenant_id`)
  }
  const names = new Set(rows.map(row => row.name))
  for (const name of Object.keys({ ...openToAll, ...withoutKey, ...withoutTenant }))
    if (!names.has(name)) found.push(`${name} is listed and does not exist`)
  return found
}

test('each table of tenants, partitions too, forces row-level security and has a key that begins with tenant_id', async () => {
  assert.deepEqual(await looked('', faults), [])
})

test('a table that keeps tenants less well apart is found', async () => {
  for (const [sql, sentence] of [
    ['create table mine (a int)', 'mine has no tenant_id and is not listed with a reason'],
    ['alter table inbox no force row level security', 'inbox has no forced row-level security'],
    ['alter table decisions_2027_03 disable row level security', 'decisions_2027_03 has no forced row-level security'],
    ['drop policy tenant_rows on inbox', 'inbox has no policy'],
    [
      'alter policy tenant_rows on inbox using (true) with check (true)',
      'inbox has a policy that does not ask for the tenant',
    ],
    ['create policy more on acts_2027_04 using (true)', 'acts_2027_04 has a policy that does not ask for the tenant'],
    ['alter table inbox drop constraint inbox_pkey', 'inbox has no key that begins with tenant_id'],
    ['drop table task_runs', 'task_runs is listed and does not exist'],
  ] as const)
    assert.deepEqual(await looked(sql, faults), [sentence], sql)
})
