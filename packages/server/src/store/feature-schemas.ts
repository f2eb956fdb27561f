import type { FeatureSpec } from '@surety/contract'
import type { Tx } from './db.ts'
import { insertRow, json, type RowOf, table, text, time } from './table.ts'
import { rememberTenant } from './tenants.ts'

/** The names and kinds behind stored feature vectors; written before the first vector that needs them. */
export const featureSchemas = table('feature_schemas', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  hash: text('schema_hash'),
  specs: json<readonly FeatureSpec[]>('specs'),
  at: time('recorded_at'),
})
export type SchemaRow = RowOf<typeof featureSchemas>

export async function saveSchema(db: Tx, row: SchemaRow): Promise<void> {
  await rememberTenant(db, row.tenant)
  await insertRow(db, featureSchemas, row, 'on conflict do nothing')
}
