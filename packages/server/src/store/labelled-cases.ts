import { withheld } from './blinded-opinions.ts'
import type { Reader } from './db.ts'
import { decisions } from './decisions.ts'
import { outcomes } from './outcomes.ts'
import type { RowOf } from './table.ts'

const decided = decisions.pick('caseId', 'recordedAt', 'schemaHash', 'features')
const counts = outcomes.pick('outcome', 'label', 'source')

/** A case with a label, as a file of outcomes tells it. */
export interface LabelledCase extends RowOf<typeof decided>, RowOf<typeof counts> {
  readonly label: 0 | 1
  readonly probability: number | null
  readonly modelVersion: number | null
}

export interface ExportScope {
  readonly tenant: string
  readonly pod: string
  readonly since: Date | null
  readonly limit: number | null
}

// A case whose last word is not final is left out.
const labelled = `from decisions d cross join lateral latest_outcome($1, $2, d.case_id, d.recorded_at, d.question) latest
  where d.tenant_id = $1 and d.pod = $2 and d.erased_digest is null and latest.label is not null and ($3::timestamptz is null or d.recorded_at >= $3)`

const values = (scope: ExportScope): unknown[] => [scope.tenant, scope.pod, scope.since]

export async function countLabelled(db: Reader, scope: ExportScope): Promise<number> {
  const { rows } = await db.query<{ rows: number }>(`select count(*) as rows ${labelled}`, values(scope))
  return Math.min(rows[0]!.rows, scope.limit ?? Number.POSITIVE_INFINITY)
}

// While a person is to judge a case unseen, no file says what the machine thinks of it either.
const unseen = withheld('$2', 'd.case_id')

/** Opens the cursor `labelled`, oldest decision first; fetch from it in the same transaction. */
export async function openLabelled(db: Reader, scope: ExportScope): Promise<void> {
  await db.query(
    `declare labelled no scroll cursor for select ${decided.columns('d')}, ${counts.columns('latest')},
        case when ${unseen} then null else d.probability end as probability,
        case when ${unseen} then null else d.model_version end as "modelVersion"
      ${labelled} order by d.recorded_at, d.case_id limit $4`,
    [...values(scope), scope.limit],
  )
}

export async function fetchLabelled(db: Reader, count: number): Promise<readonly LabelledCase[]> {
  return (await db.query<LabelledCase>(`fetch ${count} from labelled`)).rows
}
