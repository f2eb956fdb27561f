import type { FeatureSpec, FeatureValue } from '@surety/contract'
import { driftWindow } from '../../model/drift.ts'
import type { Database, Db } from '../../store/db.ts'
import type { Registry } from './registry.ts'

interface Row {
  readonly recorded_at: Date
  readonly schema_hash: string
  readonly features: readonly FeatureValue[]
}

/** Fills the drift window of a process that has just started from the newest recorded predictions. */
export async function warmDrift(
  db: Database,
  pod: string,
  tenants: readonly string[],
  registry: Registry,
): Promise<void> {
  for (const [scope, members] of Map.groupBy(tenants, tenant => registry.scopeOf(tenant))) {
    if (registry.current(scope) === null) continue
    const found: { tenant: string; row: Row; specs: readonly FeatureSpec[] }[] = []
    for (const tenant of members) {
      const { rows, specs } = await db.transaction([tenant], async handle => {
        return { rows: await newest(handle, pod, tenant), specs: await schemas(handle, pod, tenant) }
      })
      for (const row of rows) found.push({ tenant, row, specs: specs.get(row.schema_hash) ?? [] })
    }
    found.sort((a, b) => a.row.recorded_at.getTime() - b.row.recorded_at.getTime())
    for (const { tenant, row, specs } of found.slice(-driftWindow))
      registry.observe(tenant, { hash: row.schema_hash, specs }, row.features)
  }
}

async function newest(db: Db, pod: string, tenant: string): Promise<readonly Row[]> {
  const { rows } = await db.query<Row>({
    name: 'drift_newest',
    text: `select recorded_at, schema_hash, features from decisions
      where tenant_id = $1 and pod = $2 and probability is not null order by recorded_at desc, case_id desc limit $3`,
    values: [tenant, pod, driftWindow],
  })
  return rows
}

async function schemas(db: Db, pod: string, tenant: string): Promise<ReadonlyMap<string, readonly FeatureSpec[]>> {
  const { rows } = await db.query<{ schema_hash: string; specs: readonly FeatureSpec[] }>({
    name: 'drift_schemas',
    text: 'select schema_hash, specs from feature_schemas where tenant_id = $1 and pod = $2',
    values: [tenant, pod],
  })
  return new Map(rows.map(row => [row.schema_hash, row.specs]))
}
