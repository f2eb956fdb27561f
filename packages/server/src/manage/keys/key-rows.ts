import type { KeyView, Role } from '@surety/contract'
import type { Db } from '../../store/db.ts'

/** All SQL on `api_keys` and `key_directory`. The two are always written together. */
export interface KeyRow {
  readonly tenant: string
  readonly id: string
  readonly secretHash: Buffer
  readonly role: Role
  readonly name: string
  readonly limits: { readonly [group: string]: number }
  readonly enabled: boolean
  readonly createdAt: Date
  readonly expiresAt: Date | null
}

interface Columns {
  tenant_id: string
  key_id: string
  secret_sha256: Buffer
  role: Role
  name: string
  limits: { [group: string]: number }
  enabled: boolean
  created_at: Date
  expires_at: Date | null
}

const columns = 'tenant_id, key_id, secret_sha256, role, name, limits, enabled, created_at, expires_at'

export async function tenantOfKey(db: Db, id: string): Promise<string | null> {
  const { rows } = await db.query<{ tenant_id: string }>({
    name: 'key_tenant',
    text: `select tenant_id from key_directory where key_id = $1`,
    values: [id],
  })
  return rows[0]?.tenant_id ?? null
}

export async function anyKey(db: Db): Promise<boolean> {
  const { rows } = await db.query(`select 1 as found from key_directory limit 1`)
  return rows.length > 0
}

export async function findKey(db: Db, tenant: string, id: string): Promise<KeyRow | null> {
  const { rows } = await db.query<Columns>({
    name: 'key_find',
    text: `select ${columns} from api_keys where tenant_id = $1 and key_id = $2`,
    values: [tenant, id],
  })
  return rows[0] === undefined ? null : fromColumns(rows[0])
}

export async function lockKey(db: Db, tenant: string, id: string): Promise<KeyRow | null> {
  const { rows } = await db.query<Columns>(
    `select ${columns} from api_keys where tenant_id = $1 and key_id = $2 for update`,
    [tenant, id],
  )
  return rows[0] === undefined ? null : fromColumns(rows[0])
}

export async function listKeys(db: Db, tenant: string): Promise<readonly KeyRow[]> {
  const { rows } = await db.query<Columns>(
    `select ${columns} from api_keys where tenant_id = $1 order by created_at, key_id`,
    [tenant],
  )
  return rows.map(fromColumns)
}

export async function insertKey(db: Db, row: KeyRow): Promise<void> {
  await db.query(`insert into key_directory (key_id, tenant_id) values ($1, $2)`, [row.id, row.tenant])
  await db.query(`insert into api_keys (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, [
    row.tenant,
    row.id,
    row.secretHash,
    row.role,
    row.name,
    JSON.stringify(row.limits),
    row.enabled,
    row.createdAt,
    row.expiresAt,
  ])
}

export async function updateKey(db: Db, row: KeyRow): Promise<void> {
  await db.query(
    `update api_keys set name = $3, limits = $4, enabled = $5, expires_at = $6 where tenant_id = $1 and key_id = $2`,
    [row.tenant, row.id, row.name, JSON.stringify(row.limits), row.enabled, row.expiresAt],
  )
}

export async function deleteKey(db: Db, tenant: string, id: string): Promise<void> {
  await db.query(`delete from api_keys where tenant_id = $1 and key_id = $2`, [tenant, id])
  await db.query(`delete from key_directory where key_id = $1`, [id])
}

/** The first key of a tenant brings the tenant. */
export async function ensureTenant(db: Db, tenant: string, now: Date): Promise<void> {
  await db.query(`insert into tenants (tenant_id, created_at) values ($1, $2) on conflict do nothing`, [tenant, now])
}

export function viewKey(row: KeyRow): KeyView {
  return {
    id: row.id,
    tenant: row.tenant,
    role: row.role,
    name: row.name,
    limits: row.limits,
    enabled: row.enabled,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
  }
}

function fromColumns(row: Columns): KeyRow {
  return {
    tenant: row.tenant_id,
    id: row.key_id,
    secretHash: row.secret_sha256,
    role: row.role,
    name: row.name,
    limits: row.limits,
    enabled: row.enabled,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}
