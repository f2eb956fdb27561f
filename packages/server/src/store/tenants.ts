import type { Db } from './db.ts'

export interface Tenant {
  readonly country: string
  readonly timeZone: string
}

/** A tenant nobody has set up yet gets the defaults. */
export async function findTenant(db: Db, tenant: string): Promise<Tenant> {
  const { rows } = await db.query<{ country: string; time_zone: string }>({
    name: 'find_tenant',
    text: 'select country, time_zone from tenants where tenant_id = $1',
    values: [tenant],
  })
  const row = rows[0]
  return row === undefined ? { country: 'US', timeZone: 'UTC' } : { country: row.country, timeZone: row.time_zone }
}
