import type pg from 'pg'
import type { Reader } from './db.ts'

/** All of them are read, as long as it takes; 24 days is what a timer can hold. */
const noHurryMs = 2 ** 31 - 1

export interface SealedContacts {
  readonly keyId: string
  readonly count: number
}

/** How many contacts of a tenant are sealed with keys that are none of these. Runs in a transaction. */
export async function sealedWithOthers(
  db: Reader,
  tenant: string,
  keyIds: readonly string[],
): Promise<readonly SealedContacts[]> {
  await db.query('set local statement_timeout = 0')
  const { rows } = await db.query<SealedContacts>({
    // Of `sealed` the id of the key is all that is looked at (seal.ts has the layout).
    text: `select key_id as "keyId", count(*) as count from (
        select encode(substr(sealed, 2, 8), 'escape') as key_id from events where tenant_id = $1 and sealed is not null) as found
      where key_id <> all ($2) group by key_id order by key_id`,
    values: [tenant, keyIds],
    query_timeout: noHurryMs,
  } as pg.QueryConfig)
  return rows
}

/** Ids of keys whose contacts a person gave up, as the audit log of the whole installation has it; runs as the tenant `*`. */
export async function givenUpKeys(db: Reader): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ id: string }>(
    `select json_array_elements_text(detail -> 'given_up') as id from audit
      where tenant_id = '*' and action = 'installation.key_accepted' and detail -> 'given_up' is not null`,
  )
  return new Set(rows.map(row => row.id))
}
