import type { Database, Tx } from './db.ts'
import type { RetentionOptions } from './retention.ts'

const mark = 'records'
/** Set before the first row goes, so that what goes is never counted anew. */
const evidenceMark = 'evidence'

/** Cases decided earlier may have been counted in rows that are gone: whatever is told of them since makes none. */
export const evidenceFrom = (tenant: string): string =>
  `coalesce((select done_until from retention_marks where tenant_id = ${tenant} and name = '${evidenceMark}'), '-infinity')`

/** The smallest id that a decision recorded at that moment or later can have: its first 48 bits are milliseconds. */
const firstIdOf = (at: Date): string => {
  const ms = at.getTime().toString(16).padStart(12, '0')
  return `${ms.slice(0, 8)}-${ms.slice(8)}-0000-0000-000000000000`
}

interface Walk {
  readonly table: string
  /**
   * First columns of the key after the tenant: the table is walked in their order, some thousand rows at a time. Rows that agree
   * in all of them stay in one page.
   */
  readonly key: readonly string[]
  readonly old: string
  readonly limit: (before: Date) => string | Date
}

const walks: readonly Walk[] = [
  { table: 'inbox', key: ['pod', 'case_id'], old: 'decision_id < $2::uuid', limit: firstIdOf },
  {
    table: 'calibration_rows',
    key: ['pod', 'question', 'model_digest', 'row_id'],
    // What a model was judged on when it was made stays as long as the model.
    old: `source in ('live', 'imported') and decided_at < $2::timestamptz`,
    limit: before => before,
  },
  {
    table: 'record_rows',
    key: ['pod', 'question', 'case_id'],
    old: 'decided_at < $2::timestamptz',
    limit: before => before,
  },
  {
    table: 'cases',
    key: ['pod', 'case_id'],
    old: 'greatest(last_seen, opened_at, closed_at) < $2::timestamptz',
    limit: before => before,
  },
  { table: 'erased_cases', key: ['pod', 'case_id'], old: 'erased_at < $2::timestamptz', limit: before => before },
  { table: 'outbox', key: ['case_id'], old: 'recorded_at < $2::timestamptz', limit: before => before },
]

const uncountedMark = 'uncounted'
/** Beside those that are too old anyway: rows decided before every record of their question that goes on. */
const uncounted: readonly Walk[] = [
  {
    table: 'record_rows',
    key: ['pod', 'question', 'case_id'],
    old: `decided_at < $2::timestamptz and decided_at < coalesce((select min(r.rows_from) from records r where r.tenant_id = $1
      and r.pod = record_rows.pod and r.question = record_rows.question and r.ended_at is null), 'infinity')`,
    limit: before => before,
  },
]

/**
 * Takes the rows of evidence, of cases decided before that moment, that no record counts any more. Once for each moment and
 * tenant; each page is a transaction of its own.
 */
export async function forgetUncounted(
  db: Database,
  tenant: string,
  before: Date,
  options: RetentionOptions = {},
): Promise<void> {
  if (await db.transaction([tenant], handle => isDone(handle, tenant, uncountedMark, before))) return
  await forgetAll(db, tenant, uncounted, before, options)
  await db.transaction([tenant], handle => markDone(handle, tenant, uncountedMark, before))
}

/**
 * Takes what tables without months hold of decisions recorded before that moment: their places in the inbox, their rows of
 * evidence, what was sent for them. Once for each moment and tenant; each page is a transaction of its own.
 */
export async function forgetRecords(
  db: Database,
  tenant: string,
  before: Date,
  options: RetentionOptions = {},
): Promise<void> {
  if (await db.transaction([tenant], handle => isDone(handle, tenant, mark, before))) return
  await db.transaction([tenant], handle => markDone(handle, tenant, evidenceMark, before))
  await forgetAll(db, tenant, walks, before, options)
  await db.transaction([tenant], async handle => {
    await handle.query('delete from act_counts where tenant_id = $1 and hour < $2', [tenant, before])
    await markDone(handle, tenant, mark, before)
  })
}

async function forgetAll(
  db: Database,
  tenant: string,
  all: readonly Walk[],
  before: Date,
  { signal, pageRows = 5_000 }: RetentionOptions,
): Promise<void> {
  for (const walk of all) {
    let after: readonly string[] | null = walk.key.map(() => '')
    while (after !== null) {
      signal?.throwIfAborted()
      const from: readonly string[] = after
      after = await db.transaction([tenant], handle => forgetPage(handle, { ...walk, pageRows }, tenant, before, from))
    }
  }
}

async function markDone(db: Tx, tenant: string, name: string, until: Date): Promise<void> {
  await db.query(
    `insert into retention_marks as kept (tenant_id, name, done_until) values ($1, $2, $3)
      on conflict (tenant_id, name) do update set done_until = greatest(kept.done_until, excluded.done_until)`,
    [tenant, name, until],
  )
}

async function isDone(db: Tx, tenant: string, name: string, before: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from retention_marks where tenant_id = $1 and name = $2 and done_until >= $3',
    [tenant, name, before],
  )
  return rowCount !== 0
}

/** @returns where the next page begins; null: this was the last */
async function forgetPage(
  db: Tx,
  { table, key, old, limit, pageRows }: Walk & { readonly pageRows: number },
  tenant: string,
  before: Date,
  after: readonly string[],
): Promise<readonly string[] | null> {
  const columns = key.join(', ')
  const place = key.map((_, n) => `$${n + 3}`).join(', ')
  const { rows } = await db.query<{ [column: string]: string }>(
    `with page as materialized (
        select ctid as row, ${columns}, (${old}) as old from ${table}
        where tenant_id = $1 and (${columns}) > (${place}) order by ${columns} fetch first ${pageRows} rows with ties),
      gone as (delete from ${table} where ctid = any (array(select row from page where old)))
      select ${columns} from page order by ${key.map(column => `${column} desc`).join(', ')} limit 1`,
    [tenant, limit(before), ...after],
  )
  const last = rows[0]
  return last === undefined ? null : key.map(column => last[column]!)
}
