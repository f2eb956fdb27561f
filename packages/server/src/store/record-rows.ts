import type { Action } from '@surety/contract'
import type { Reader, Tx } from './db.ts'
import type { RecordsPlace } from './records.ts'
import { float8, insertRows, int2, int8, names, orNull, type RowOf, table, text, time } from './table.ts'

/** A labelled case as evidence: the strictest cut of the version that acted which held it when it was decided. */
const recordRows = table('record_rows', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  caseId: text('case_id'),
  decidedAt: time('decided_at'),
  source: text<'live' | 'seeded' | 'imported'>('source'),
  modelVersion: int8('model_version'),
  /** -1 to 63; null: the question had no such side. */
  kappaAct: orNull(int2('kappa_act')),
  kappaClear: orNull(int2('kappa_clear')),
  /** Of its audit, drawn for every decision; null: it is not known. */
  auditCoin: orNull(float8('audit_coin')),
  /** null: there is none by now that counts. */
  label: orNull(int2<0 | 1>('label')),
  quality: orNull(text('quality')),
  labelledBy: orNull(text('labelled_by')),
  /** The label that is in the counts of the records; null: the row is in none. */
  counted: orNull(int2<0 | 1>('counted')),
})
export type RecordRow = RowOf<typeof recordRows>
export type NewRecordRow = Omit<RecordRow, 'counted'>

/** Labels that are no evidence, whatever they say: nobody looked, or nobody knows who did. */
export const labelCounts = (quality: string): string => `(${quality} not in ('bulk', 'imported'))`

/** Finds the row of a case of tenant `$1`, pod `$2` and question `$3` by the key, whatever the planner believes. */
export const recordRowOf = (caseId: string): string =>
  `select r.case_id, r.source, r.labelled_by from record_rows r
    where r.tenant_id = $1 and r.pod = $2 and r.question = $3 and r.case_id between ${caseId} and ${caseId} order by r.case_id limit 1`

const insertedAtOnce = 5000

/**
 * Rows that no label of the line brings: of before the record, or of a history, where a record that begins in the same transaction
 * counts them at once. What is there stays as it is.
 */
export async function insertRecordRows(
  db: Tx,
  rows: readonly (NewRecordRow & Partial<Pick<RecordRow, 'counted'>>)[],
): Promise<number> {
  let inserted = 0
  for (let from = 0; from < rows.length; from += insertedAtOnce) {
    const some = rows.slice(from, from + insertedAtOnce).map(row => ({ counted: null, ...row }))
    inserted += await insertRows(db, recordRows, some, 'on conflict (tenant_id, pod, question, case_id) do nothing')
  }
  return inserted
}

const keyed = recordRows.pick('tenant', 'pod', 'question', 'caseId', 'decidedAt', 'source', 'modelVersion')
const keyedNames = names(keyed)
const changedRow = recordRows.pick('decidedAt', 'kappaAct', 'kappaClear', 'auditCoin', 'label', 'counted')
/** A row whose label is not the one that was counted. */
export type ChangedRow = RowOf<typeof changedRow>

/**
 * Takes a page of mature rows whose label is not the one in the counts, and notes it as counted: the caller changes the
 * counts in the same transaction, under `lockAutonomy`. A row that a label is being told of meanwhile is left to the next
 * page or look, so that the two never wait for each other in a circle.
 * @param matureUntil rows decided later wait
 */
export async function takeChanged(
  db: Tx,
  { tenant, pod, question }: RecordsPlace,
  matureUntil: Date,
  limit: number,
): Promise<readonly ChangedRow[]> {
  // All of them are there, and held: an insert finds each by its key, whatever the planner believes. An update by key or by
  // place walked all rows of the tenant where tables were not counted yet.
  const { rows } = await db.query<ChangedRow>({
    name: 'record_rows_changed',
    text: `with changed as materialized (
        select ${keyedNames}, kappa_act, kappa_clear, audit_coin, label, counted from record_rows
        where tenant_id = $1 and pod = $2 and question = $3 and decided_at <= $4 and label is distinct from counted
        order by decided_at limit $5 for update skip locked),
      noted as (
        insert into record_rows as r (${keyedNames}) select ${keyedNames} from changed
        on conflict (tenant_id, pod, question, case_id) do update set counted = r.label)
      select ${changedRow.columns()} from changed`,
    values: [tenant, pod, question, matureUntil, limit],
  })
  return rows
}

/** So many rows of one cut and label. */
export interface CountedGroup {
  /** -1 to 63. */
  readonly kappa: number
  readonly label: 0 | 1
  readonly n: number
}

/**
 * What was counted on one side of the rows decided since a moment: what a record begins with.
 * @param rate only rows whose audit coin lies below; null: all
 */
export async function countedSince(
  db: Reader,
  { tenant, pod, question }: RecordsPlace,
  side: Action['side'],
  rowsFrom: Date,
  rate: number | null,
): Promise<readonly CountedGroup[]> {
  const kappa = side === 'act' ? 'kappa_act' : 'kappa_clear'
  const { rows } = await db.query<CountedGroup>({
    name: `record_rows_counted_${side}`,
    text: `select ${kappa} as kappa, counted as label, count(*) as n from record_rows
      where tenant_id = $1 and pod = $2 and question = $3 and decided_at >= $4 and counted is not null and ${kappa} is not null
        and ($5::float8 is null or audit_coin < $5)
      group by ${kappa}, counted order by ${kappa}, counted`,
    values: [tenant, pod, question, rowsFrom, rate],
  })
  return rows
}
