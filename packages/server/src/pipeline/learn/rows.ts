import type { FeatureSpec, FeatureValue } from '@surety/contract'
import type { Database, Db } from '../../store/db.ts'
import { type ExactTime, exactly, exactTime } from '../../store/exact-time.ts'
import type { RowChange, RowSchema } from './training-row.ts'

/** How far a tenant's outcomes have been read. */
export interface RowCursor {
  readonly recordedAt: ExactTime
  readonly eventId: string
}

export interface RowPage {
  readonly schema: RowSchema
  readonly changes: readonly RowChange[]
}

const pageRows = 5000
/** A transaction may commit after a later one was read; what was read twice replaces itself. */
const overlap = '1 minute'
const beginning: RowCursor = { recordedAt: exactTime(new Date(0)), eventId: '' }

/**
 * Settled cases of one tenant, in its own session, from the outcomes recorded after the cursor: their recorded vectors
 * with the label that counts by now, whichever outcome of the case was read; a case whose last word has none is taken out.
 * @returns pages of one schema each; finally where to go on next time
 */
export async function* readRows(
  db: Database,
  pod: string,
  tenant: string,
  since: RowCursor | null,
): AsyncGenerator<RowPage, RowCursor | null> {
  const schemas = new Map<string, RowSchema>()
  let last = since
  let again = since !== null
  while (true) {
    const rows = await db.transaction([tenant], async handle => {
      const found = await outcomePage(handle, pod, tenant, last ?? beginning, again)
      if (found.some(row => row.schema_hash !== null && !schemas.has(row.schema_hash)))
        await readSchemas(handle, pod, tenant, schemas)
      return found
    })
    for (const [hash, members] of Map.groupBy(rows.filter(hasDecision), row => row.schema_hash)) {
      const schema = schemas.get(hash)
      if (schema === undefined) throw new Error(`the feature schema ${hash} of tenant ${tenant} is not recorded`)
      yield { schema, changes: members.map(row => toChange(row, tenant)) }
    }
    const newest = rows.at(-1)
    if (newest === undefined) return last
    last = { recordedAt: newest.recorded_at, eventId: newest.event_id }
    again = false
    if (rows.length < pageRows) return last
  }
}

interface PageRow {
  readonly event_id: string
  readonly recorded_at: ExactTime
  readonly case_id: string
  readonly label: 0 | 1 | null
  readonly source: string | null
  readonly quality: string | null
  /** null: the case's decision is not there (erased); the row still counts as read. */
  readonly decided_at: Date | null
  readonly schema_hash: string | null
  readonly features: readonly FeatureValue[] | null
}

type OutcomeRow = PageRow & {
  readonly decided_at: Date
  readonly schema_hash: string
  readonly features: readonly FeatureValue[]
  readonly source: string
  readonly quality: string
}

const hasDecision = (row: PageRow): row is OutcomeRow => row.schema_hash !== null

/**
 * The key table gives the moment of the decision, so that only one partition is looked into for each case. `lateral`
 * with a limit keeps to index probes whatever the planner believes: on tables without statistics plain joins compared
 * every row with every row, and a page took 37 s instead of 0.1.
 * @param again true: from a minute before the cursor on
 */
async function outcomePage(
  db: Db,
  pod: string,
  tenant: string,
  { recordedAt, eventId }: RowCursor,
  again: boolean,
): Promise<readonly PageRow[]> {
  const { rows } = await db.query<PageRow>({
    name: 'learn_outcomes',
    text: `with page as (
        select event_id, recorded_at, case_id from outcomes
        where tenant_id = $1 and pod = $2 and (recorded_at, event_id) > ($3::timestamptz - $6::interval, $4)
        order by recorded_at, event_id limit $5)
      select page.event_id, ${exactly('page.recorded_at')} as recorded_at, page.case_id, o.label, o.source, o.quality,
        d.recorded_at as decided_at, d.schema_hash, d.features
      from page
      left join lateral (
        select k.recorded_at from event_keys k
        where k.tenant_id = $1 and k.case_id = page.case_id and k.decision_id is not null limit 1) opening on true
      left join lateral (
        select d.recorded_at, d.schema_hash, d.features from decisions d
        where d.tenant_id = $1 and d.pod = $2 and d.recorded_at = opening.recorded_at and d.case_id = page.case_id
        limit 1) d on true
      left join lateral latest_outcome($1, $2, page.case_id, d.recorded_at) o on true
      order by page.recorded_at, page.event_id`,
    values: [tenant, pod, recordedAt, again ? '' : eventId, pageRows, again ? overlap : '0'],
  })
  return rows
}

async function readSchemas(db: Db, pod: string, tenant: string, into: Map<string, RowSchema>): Promise<void> {
  const { rows } = await db.query<{ schema_hash: string; specs: readonly FeatureSpec[] }>({
    name: 'learn_schemas',
    text: 'select schema_hash, specs from feature_schemas where tenant_id = $1 and pod = $2',
    values: [tenant, pod],
  })
  for (const row of rows) into.set(row.schema_hash, { hash: row.schema_hash, specs: row.specs })
}

function toChange(row: OutcomeRow, tenant: string): RowChange {
  // Tenants share the trainer of a shared model, and two of them may use one case id.
  const id = `${tenant}/${row.case_id}`
  if (row.label === null) return { id, label: null }
  const { features: values, source, quality } = row
  return { id, at: row.decided_at.getTime(), values, label: row.label, tenant, source, quality }
}
