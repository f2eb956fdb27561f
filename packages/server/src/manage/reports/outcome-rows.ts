import type { FeatureValue, JsonObject } from '@surety/contract'
import type { Reader } from '../../store/db.ts'

export interface LabelledRow {
  readonly case_id: string
  readonly recorded_at: Date
  readonly schema_hash: string
  readonly features: readonly FeatureValue[]
  readonly enrichment: JsonObject
  readonly probability: number | null
  readonly model_version: number | null
  readonly outcome: string
  readonly label: 0 | 1
  readonly source: string
}

export interface ExportScope {
  readonly tenant: string
  readonly pod: string
  readonly since: Date | null
  readonly limit: number | null
}

// A case whose last word is not final is left out.
const labelled = `from decisions d cross join lateral latest_outcome($1, $2, d.case_id, d.recorded_at) latest
  where d.tenant_id = $1 and d.pod = $2 and latest.label is not null and ($3::timestamptz is null or d.recorded_at >= $3)`

const values = (scope: ExportScope): unknown[] => [scope.tenant, scope.pod, scope.since]

export async function countLabelled(db: Reader, scope: ExportScope): Promise<number> {
  const { rows } = await db.query<{ rows: number }>(`select count(*) as rows ${labelled}`, values(scope))
  return Math.min(rows[0]!.rows, scope.limit ?? Number.POSITIVE_INFINITY)
}

// While a person is to judge a case unseen, no file says what the machine thinks of it either.
const withheld = `exists (select from inbox i where i.tenant_id = $1 and i.pod = $2 and i.case_id = d.case_id
    and i.state = 'open' and i.hidden)`

/** Opens the cursor `labelled`, oldest decision first; fetch from it in the same transaction. */
export async function openLabelled(db: Reader, scope: ExportScope): Promise<void> {
  await db.query(
    `declare labelled no scroll cursor for select d.case_id, d.recorded_at, d.schema_hash, d.features, d.enrichment,
        case when ${withheld} then null else d.probability end as probability,
        case when ${withheld} then null else d.model_version end as model_version, latest.outcome, latest.label, latest.source
      ${labelled} order by d.recorded_at, d.case_id limit $4`,
    [...values(scope), scope.limit],
  )
}

export async function fetchLabelled(db: Reader, count: number): Promise<readonly LabelledRow[]> {
  return (await db.query<LabelledRow>(`fetch ${count} from labelled`)).rows
}

/** Feature names of every vector this tenant ever had, by schema hash, oldest schema first. */
export async function featureSchemas(
  db: Reader,
  tenant: string,
  pod: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await db.query<{ schema_hash: string; specs: readonly { name: string }[] }>(
    `select schema_hash, specs from feature_schemas where tenant_id = $1 and pod = $2 order by recorded_at, schema_hash`,
    [tenant, pod],
  )
  return new Map(rows.map(row => [row.schema_hash, row.specs.map(spec => spec.name)]))
}
