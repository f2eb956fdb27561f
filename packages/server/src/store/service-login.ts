import { randomInt } from 'node:crypto'
import type pg from 'pg'
import { clientConfig, type DbAddress, schemaName } from './db.ts'
import { ownClient } from './own-client.ts'

export const refused = (service: string, why: string): Error =>
  new Error(
    `MIGRATE_URL keeps the tables from the login of DATABASE_URL, and that one, ${service}, ${why} (docs/deploy.md, "Two logins").`,
  )

/**
 * Holds the login that serves against that of the owner, before anything is written.
 * @returns the name of the one that serves
 * @throws one sentence where they are not of one database, or where the one that serves could do what its owner can
 */
export async function checkLogins(service: DbAddress, owner: DbAddress): Promise<string> {
  const serving = ownClient(clientConfig(service, null))
  const owning = ownClient(clientConfig(owner, null))
  try {
    await serving.connect()
    await owning.connect()
    const { rows } = await serving.query<{ name: string }>('select session_user as name')
    const { name } = rows[0]!
    await refuseOtherDatabase(serving, owning)
    await refuseSame(owning, name)
    await refuseAttributes(owning, name)
    await refuseOwner(owning, name)
    return name
  } finally {
    await serving.end().catch(() => undefined)
    await owning.end().catch(() => undefined)
  }
}

/** By a lock that only sessions of the same database see: names and addresses do not say so, standbys are alike in all else. */
async function refuseOtherDatabase(serving: pg.Client, owning: pg.Client): Promise<void> {
  const [left, right] = [randomInt(2 ** 31), randomInt(2 ** 31)]
  await owning.query('select pg_advisory_lock($1, $2)', [left, right])
  const { rowCount } = await serving.query(
    `select from pg_locks where locktype = 'advisory' and classid = $1 and objid = $2 and granted
      and database = (select oid from pg_database where datname = current_database())`,
    [left, right],
  )
  if (rowCount === 0)
    throw new Error(
      'MIGRATE_URL is of another database than DATABASE_URL: both name one database, as two logins (docs/deploy.md, "Two logins").',
    )
}

async function refuseSame(owning: pg.Client, service: string): Promise<void> {
  const { rowCount } = await owning.query('select where session_user = $1', [service])
  if (rowCount === 1)
    throw new Error(
      `MIGRATE_URL and DATABASE_URL log in as the same one, ${service}: MIGRATE_URL takes the owner of the tables and DATABASE_URL another login, or leave MIGRATE_URL out (docs/deploy.md, "Two logins").`,
    )
}

async function refuseAttributes(client: pg.Client, service: string): Promise<void> {
  const { rows } = await client.query<{ superuser: boolean; bypasses: boolean; makesRoles: boolean }>(
    `select rolsuper as superuser, rolbypassrls as bypasses, rolcreaterole as "makesRoles" from pg_roles where rolname = $1`,
    [service],
  )
  const login = rows[0]!
  if (login.superuser) throw refused(service, 'is a superuser')
  if (login.bypasses) throw refused(service, 'passes by row-level security: alter role ... nobypassrls')
  if (login.makesRoles) throw refused(service, 'may join any role: alter role ... nocreaterole')
}

/** Whoever may become one of these needs no right of his own. */
const mighty = `select relowner as role from pg_class where relnamespace = (select oid from pg_namespace where nspname = '${schemaName}')
  union select nspowner from pg_namespace where nspname = '${schemaName}'
  union select proowner from pg_proc where pronamespace = (select oid from pg_namespace where nspname = '${schemaName}')
  union select datdba from pg_database where datname = current_database()
  union select oid from pg_roles where rolsuper or rolbypassrls or rolcreaterole
    or rolname in (session_user, current_user, 'pg_execute_server_program', 'pg_write_server_files')`

/** @throws where it owns the database, its tables or functions, or is a member of a role that does */
export async function refuseOwner(client: pg.Client, service: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select r.rolname as name from pg_roles r where r.oid in (${mighty}) and pg_has_role($1, r.oid, 'member')
      order by r.rolname = $1 desc, r.rolname limit 1`,
    [service],
  )
  const found = rows[0]?.name
  if (found === service) throw refused(service, 'owns the tables or their database: it must be another login')
  if (found !== undefined) throw refused(service, `is a member of ${found}: revoke ${found} from it`)
}
