import type { FeatureSpec } from '@surety/contract'
import type { Reader, Tx } from './db.ts'
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

/** By hash, oldest first. */
export async function schemasOf(
  db: Reader,
  tenant: string,
  pod: string,
): Promise<ReadonlyMap<string, readonly FeatureSpec[]>> {
  const { rows } = await db.query<Pick<SchemaRow, 'hash' | 'specs'>>({
    name: 'feature_schemas_of',
    text: `select ${featureSchemas.pick('hash', 'specs').columns()} from feature_schemas
      where tenant_id = $1 and pod = $2 order by recorded_at, schema_hash`,
    values: [tenant, pod],
  })
  return new Map(rows.map(row => [row.hash, row.specs]))
}

/** Names and kinds behind one stored vector, in its order. */
export async function specsOf(db: Reader, tenant: string, pod: string, hash: string): Promise<readonly FeatureSpec[]> {
  const { rows } = await db.query<Pick<SchemaRow, 'specs'>>({
    name: 'feature_specs',
    text: `select specs from feature_schemas where tenant_id = $1 and pod = $2 and schema_hash = $3`,
    values: [tenant, pod, hash],
  })
  return rows[0]?.specs ?? []
}
