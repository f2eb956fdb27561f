import type { Reader, Tx } from './db.ts'
import { bool, insertRow, int8, orNull, type RowOf, table, text, time, uuid } from './table.ts'

/** Where each kind of ticks stands for a tenant, and who runs it: a lease by the clock of the database. */
const tickRuns = table('tick_runs', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  kind: text('kind'),
  done: orNull(time('done')),
  slot: time('slot'),
  gapMs: int8('gap_ms'),
  holder: orNull(uuid('holder')),
})
const stand = tickRuns.pick('tenant', 'pod', 'kind', 'done', 'slot', 'gapMs')
const ofLease = table('tick_runs', { held: bool('held') })
export type TickRun = RowOf<typeof stand> & RowOf<typeof ofLease>

export interface TickPlace {
  readonly tenant: string
  readonly pod: string
  readonly kind: string
}

const columns = `${stand.columns()}, coalesce(lease_until > clock_timestamp(), false) as held`
const lease = (ms: string): string => `clock_timestamp() + ${ms} * interval '1 ms'`

/** Of all tenants that are admitted. */
export const readTickRuns = async (db: Reader): Promise<readonly TickRun[]> =>
  (await db.query<TickRun>({ name: 'tick_runs', text: `select ${columns} from tick_runs` })).rows

/** Nobody else takes it before the end of the transaction; null: it was never run. */
export async function lockTickRun(db: Tx, { tenant, pod, kind }: TickPlace): Promise<TickRun | null> {
  await db.query(`select pg_advisory_xact_lock(hashtextextended($1, 7283654))`, [`${tenant}/${pod}/${kind}`])
  const { rows } = await db.query<TickRun>({
    name: 'tick_run',
    text: `select ${columns} from tick_runs where tenant_id = $1 and pod = $2 and kind = $3`,
    values: [tenant, pod, kind],
  })
  return rows[0] ?? null
}

/** Inside a transaction that holds `lockTickRun`. */
export async function takeTickRun(
  db: Tx,
  run: TickPlace & { readonly slot: Date; readonly gapMs: number; readonly holder: string },
  leaseMs: number,
): Promise<void> {
  await insertRow(
    db,
    tickRuns,
    { ...run, done: null },
    `on conflict (tenant_id, pod, kind) do update
      set slot = excluded.slot, gap_ms = excluded.gap_ms, holder = excluded.holder`,
  )
  await keepTickRun(db, run, leaseMs)
}

const mine = 'tenant_id = $1 and pod = $2 and kind = $3 and holder = $4'
type Held = TickPlace & { readonly holder: string }
const valuesOf = ({ tenant, pod, kind, holder }: Held): unknown[] => [tenant, pod, kind, holder]

/** @returns false: somebody else has it */
export async function keepTickRun(db: Tx, run: Held, leaseMs: number): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'tick_run_keep',
    text: `update tick_runs set lease_until = ${lease('$5::float8')} where ${mine}`,
    values: [...valuesOf(run), leaseMs],
  })
  return rowCount === 1
}

/** It is run whole, or left to whoever comes next. @returns false: somebody else has it */
export async function endTickRun(db: Tx, run: Held, whole: boolean): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'tick_run_end',
    text: `update tick_runs set holder = null, lease_until = null, done = case when $5 then slot else done end where ${mine}`,
    values: [...valuesOf(run), whole],
  })
  return rowCount === 1
}
