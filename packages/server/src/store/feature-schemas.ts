import type { FeatureSpec } from '@surety/contract'
import type { Db } from './db.ts'
import { rememberTenant } from './tenants.ts'

/** The names and kinds behind stored feature vectors; written before the first vector that needs them. */
export interface SchemaRow {
  readonly tenant: string
  readonly pod: string
  readonly hash: string
  readonly specs: readonly FeatureSpec[]
  readonly at: Date
}

export async function saveSchema(db: Db, row: SchemaRow): Promise<void> {
  await rememberTenant(db, row.tenant)
  await db.query({
    name: 'save_schema',
    text: `insert into feature_schemas (tenant_id, pod, schema_hash, specs, recorded_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
    values: [row.tenant, row.pod, row.hash, JSON.stringify(row.specs), row.at],
  })
}
