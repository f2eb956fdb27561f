import type { Grant, Role } from '@surety/contract'
import type { Reader, Tx } from './db.ts'
import {
  bool,
  bytes,
  type Column,
  insertRow,
  int8,
  jsonb,
  orNull,
  type RowOf,
  table,
  text,
  texts,
  time,
} from './table.ts'

/** A secret that a rotation replaced: good until then. */
export interface OldSecret {
  /** Hexadecimal. */
  readonly sha256: string
  readonly until: string
}

export const apiKeys = table('api_keys', {
  tenant: text('tenant_id'),
  id: text('key_id'),
  secretHash: bytes('secret_sha256'),
  role: text<Role>('role'),
  name: text('name'),
  limits: jsonb<{ readonly [group: string]: number }>('limits'),
  /** Requests a day of UTC; null: as many as the limits of its minutes let in. */
  dailyQuota: orNull(int8('daily_quota')),
  grants: texts('grants') as Column<readonly Grant[]>,
  systemOfRecord: bool('system_of_record'),
  enabled: bool('enabled'),
  createdAt: time('created_at'),
  expiresAt: orNull(time('expires_at')),
  rotatedAt: orNull(time('rotated_at')),
  /** The newest first. */
  oldSecrets: jsonb<readonly OldSecret[]>('old_secrets'),
})
export type KeyRow = RowOf<typeof apiKeys>

/** Names of keys, by id; one that was deleted is left out. */
export async function keyNames(
  db: Reader,
  tenant: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<{ id: string; name: string }>({
    name: 'key_names',
    text: 'select key_id as id, name from api_keys where tenant_id = $1 and key_id = any ($2)',
    values: [tenant, ids],
  })
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** Leads from a presented key to its tenant before any tenant is known; always written together with `api_keys`. */
const keyDirectory = table('key_directory', { id: text('key_id'), tenant: text('tenant_id') })

export async function tenantOfKey(db: Reader, id: string): Promise<string | null> {
  const { rows } = await db.query<{ tenant: string }>({
    name: 'key_tenant',
    text: `select tenant_id as tenant from key_directory where key_id = $1`,
    values: [id],
  })
  return rows[0]?.tenant ?? null
}

export async function everyKeyId(db: Reader): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ id: string }>({
    name: 'key_ids',
    text: 'select key_id as id from key_directory',
    values: [],
  })
  return new Set(rows.map(row => row.id))
}

export async function anyKey(db: Reader): Promise<boolean> {
  const { rows } = await db.query(`select 1 as found from key_directory limit 1`)
  return rows.length > 0
}

// A number of ours: two replicas that start for the first time at once must not both make a key.
const firstKeyLock = 7_283_648

export async function lockFirstKey(db: Tx): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(${firstKeyLock})`)
}

export async function findKey(db: Reader, tenant: string, id: string): Promise<KeyRow | null> {
  const { rows } = await db.query<KeyRow>({
    name: 'key_find',
    text: `select ${apiKeys.columns()} from api_keys where tenant_id = $1 and key_id = $2`,
    values: [tenant, id],
  })
  return rows[0] ?? null
}

export async function lockKey(db: Tx, tenant: string, id: string): Promise<KeyRow | null> {
  const { rows } = await db.query<KeyRow>(
    `select ${apiKeys.columns()} from api_keys where tenant_id = $1 and key_id = $2 for update`,
    [tenant, id],
  )
  return rows[0] ?? null
}

export async function countKeys(db: Reader, tenant: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>('select count(*) from api_keys where tenant_id = $1', [tenant])
  return rows[0]!.count
}

export async function listKeys(db: Reader, tenant: string): Promise<readonly KeyRow[]> {
  const { rows } = await db.query<KeyRow>(
    `select ${apiKeys.columns()} from api_keys where tenant_id = $1 order by created_at, key_id`,
    [tenant],
  )
  return rows
}

export async function insertKey(db: Tx, row: KeyRow): Promise<void> {
  await insertRow(db, keyDirectory, row)
  await insertRow(db, apiKeys, row)
}

export async function updateKey(db: Tx, row: KeyRow): Promise<void> {
  await db.query(
    `update api_keys set name = $3, limits = $4, enabled = $5, expires_at = $6, grants = $7, system_of_record = $8,
      daily_quota = $9, secret_sha256 = $10, rotated_at = $11, old_secrets = $12
      where tenant_id = $1 and key_id = $2`,
    [
      row.tenant,
      row.id,
      row.name,
      JSON.stringify(row.limits),
      row.enabled,
      row.expiresAt,
      row.grants,
      row.systemOfRecord,
      row.dailyQuota,
      row.secretHash,
      row.rotatedAt,
      JSON.stringify(row.oldSecrets),
    ],
  )
}

export async function deleteKey(db: Tx, tenant: string, id: string): Promise<void> {
  await db.query(`delete from api_keys where tenant_id = $1 and key_id = $2`, [tenant, id])
  await db.query(`delete from key_directory where key_id = $1`, [id])
  await db.query(`delete from key_quotas where tenant_id = $1 and key_id = $2`, [tenant, id])
}
