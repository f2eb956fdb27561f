import type { JsonObject } from '@surety/contract'
import type { Db } from '../../store/db.ts'

/** All SQL on `settings`: every version is kept, the highest one counts. */
export interface SettingRow {
  readonly tenant: string
  readonly pod: string
  readonly name: string
  readonly version: number
  readonly value: JsonObject
}

export async function latestSettings(db: Db, tenants: readonly string[]): Promise<readonly SettingRow[]> {
  const { rows } = await db.query<{ tenant_id: string; pod: string; name: string; version: number; value: JsonObject }>(
    {
      name: 'settings_latest',
      text: `select distinct on (tenant_id, pod, name) tenant_id, pod, name, version, value
      from settings where tenant_id = any ($1) order by tenant_id, pod, name, version desc`,
      values: [tenants],
    },
  )
  return rows.map(({ tenant_id, ...row }) => ({ tenant: tenant_id, ...row }))
}

/** Two administrators who save at once wait for each other; the second sees the first's version. */
export async function lockSetting(db: Db, tenant: string, pod: string, name: string): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(hashtextextended($1, 7283649))`, [`${tenant}/${pod}/${name}`])
}

export async function insertSetting(db: Db, row: SettingRow, actor: string, at: Date): Promise<void> {
  await db.query(
    `insert into settings (tenant_id, pod, name, version, value, recorded_at, actor) values ($1, $2, $3, $4, $5, $6, $7)`,
    [row.tenant, row.pod, row.name, row.version, JSON.stringify(row.value), at, actor],
  )
}

/** How the newest decisions with a probability would fall on either side of two thresholds. */
export async function countFlips(db: Db, tenant: string, pod: string, before: number, after: number) {
  const { rows } = await db.query<{ cases: number; above_before: number; above_after: number }>(
    `select count(*) as cases, count(*) filter (where probability >= $3) as above_before,
        count(*) filter (where probability >= $4) as above_after
      from (select probability from decisions where tenant_id = $1 and pod = $2 order by recorded_at desc limit 1000) newest
      where probability is not null`,
    [tenant, pod, before, after],
  )
  return rows[0]!
}
