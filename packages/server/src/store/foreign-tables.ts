import type pg from 'pg'
import { clientConfig, type DbAddress, schemaName } from './db.ts'
import { ownClient } from './own-client.ts'

/** Why the role of this connection may not bring the tables up to date: they are another's, who alone may change them; else null. */
export async function foreignTables(client: pg.Client): Promise<string | null> {
  const { rows } = await client.query<{ owner: string; login: string }>(
    `select pg_get_userbyid(c.relowner) as owner, current_user as login from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relname = 'migrations' and not pg_has_role(current_user, c.relowner, 'usage')`,
    [schemaName],
  )
  if (rows[0] === undefined) return null
  const { owner, login } = rows[0]
  return `The tables belong to ${owner}, and ${login} may not bring them up to date: MIGRATE_URL takes a login of ${owner} (docs/deploy.md, "Two logins").`
}

/** The same of the login of an address; null also where it passes by row-level security, as it takes the role of the tables then. */
export async function foreignTablesOf(address: DbAddress): Promise<string | null> {
  const client = ownClient({ ...clientConfig(address, null), connectionTimeoutMillis: 5_000, query_timeout: 5_000 })
  try {
    await client.connect()
    const { rows } = await client.query<{ bypasses: boolean }>(
      'select rolsuper or rolbypassrls as bypasses from pg_roles where rolname = current_user',
    )
    return rows[0]!.bypasses ? null : await foreignTables(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}
