import type { Database, Db } from '../../store/db.ts'

/** Every table with rows of tenants, partitions through their parents; the two directories hold names alone and are read before a tenant is known. */
export async function tenantTables(db: Db): Promise<readonly string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
      where c.relnamespace = current_schema::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and c.relname not in ('key_directory', 'tenant_directory')
      order by c.relname`,
  )
  return rows.map(({ name }) => name)
}

/** By table: how many rows a tenant holds and a digest of them all, or all of them as text. */
export async function rowsOf(
  db: Database,
  tenant: string,
  form: 'digest' | 'text' = 'digest',
): Promise<ReadonlyMap<string, string>> {
  return db.transaction([tenant], async handle => {
    const found = new Map<string, string>()
    for (const table of await tenantTables(handle)) {
      const all = `coalesce(string_agg(t::text, E'\\n' order by t::text), '')`
      const { rows } = await handle.query<{ n: number; text: string }>(
        `select count(*)::int as n, ${form === 'digest' ? `md5(${all})` : all} as text from ${table} t where tenant_id = $1`,
        [tenant],
      )
      found.set(table, `${rows[0]!.n} ${rows[0]!.text}`)
    }
    return found
  })
}
