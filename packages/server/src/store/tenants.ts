import type { Reader, Tx } from './db.ts'

export interface Tenant {
  readonly country: string
  readonly timeZone: string
  readonly outcomeLimits: OutcomeLimits
}

/** How many outcomes a key may tell in one request, and within a minute, that count as a person's. */
export interface OutcomeLimits {
  readonly perRequest: number
  readonly perMinute: number
}
export const defaultOutcomeLimits: OutcomeLimits = { perRequest: 50, perMinute: 60 }

/** Settings of the tenant as a whole are kept under this name, in place of a pod's. */
export const wholeTenant = '*'

/** A tenant nobody has set up yet gets the defaults. */
export async function findTenant(db: Reader, tenant: string): Promise<Tenant> {
  const { rows } = await db.query<{
    setting: { country?: string; outcomes_per_request?: number; outcomes_per_minute?: number } | null
    country: string | null
    time_zone: string | null
  }>({
    name: 'find_tenant',
    text: `select (select value from settings where tenant_id = $1 and pod = $2 and name = 'tenant'
          order by version desc limit 1) as setting,
      (select country from tenants where tenant_id = $1) as country,
      (select time_zone from tenants where tenant_id = $1) as time_zone`,
    values: [tenant, wholeTenant],
  })
  const { setting, country, time_zone: timeZone } = rows[0]!
  return {
    country: setting?.country ?? country ?? 'US',
    timeZone: timeZone ?? 'UTC',
    outcomeLimits: {
      perRequest: setting?.outcomes_per_request ?? defaultOutcomeLimits.perRequest,
      perMinute: setting?.outcomes_per_minute ?? defaultOutcomeLimits.perMinute,
    },
  }
}

/** Every tenant that has a key or ever had a row, without seeing anything of theirs. */
export async function tenantsOf(db: Reader): Promise<readonly string[]> {
  const { rows } = await db.query<{ tenant_id: string }>(
    'select tenant_id from key_directory union select tenant_id from tenant_directory order by tenant_id',
  )
  return rows.map(row => row.tenant_id).filter(tenant => tenant !== '*')
}

/** Called where the first rows of a tenant are written (a feature schema, an audit entry), in their transaction. */
export async function rememberTenant(db: Tx, tenant: string): Promise<void> {
  await db.query({
    name: 'remember_tenant',
    text: 'insert into tenant_directory (tenant_id) values ($1) on conflict do nothing',
    values: [tenant],
  })
}

/** The first key of a tenant brings the tenant. */
export async function ensureTenant(db: Tx, tenant: string, now: Date): Promise<void> {
  await db.query(`insert into tenants (tenant_id, created_at) values ($1, $2) on conflict do nothing`, [tenant, now])
}

/** The case whose contact fields a pod wrote last for a tenant; null when none are kept: a probe for the data key. */
export async function newestSealed(
  db: Reader,
  tenant: string,
  pod: string,
): Promise<{ caseId: string; sealed: Buffer } | null> {
  const { rows } = await db.query<{ case_id: string; sealed: Buffer }>(newestSealedSql, [tenant, pod])
  const row = rows[0]
  return row === undefined ? null : { caseId: row.case_id, sealed: row.sealed }
}

/** By tenant and pod, newest first: as the index by time lies, so that start-up reads one row and not all. */
export const newestSealedSql = `select case_id, sealed from events
  where tenant_id = $1 and pod = $2 and sealed is not null order by recorded_at desc limit 1`
