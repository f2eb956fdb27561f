import type { Tripwire } from '@surety/stats'
import type { Db } from '../../store/db.ts'
import type { ActionPlace } from './certificate-rows.ts'

/** All SQL on `tripwires`, and the audited cases that are fed to them. */
export interface WireState {
  readonly wire: Tripwire
  /** The budget it was armed with, before halvings: another one arms it anew. */
  readonly budget: { readonly alpha: number; readonly delta: number }
}

export interface WireRow extends WireState {
  /** The last audited case that was taken in, in the order of decisions. */
  readonly cursor: Cursor
}

export interface Cursor {
  readonly decidedAt: Date
  readonly rowId: string
}

export async function readWire(db: Db, { tenant, pod, action }: ActionPlace): Promise<WireRow | null> {
  const { rows } = await db.query<{ state: WireState; decided_at: Date; row_id: string }>({
    name: 'tripwire_read',
    text: 'select state, decided_at, row_id from tripwires where tenant_id = $1 and pod = $2 and action = $3',
    values: [tenant, pod, action],
  })
  const row = rows[0]
  return row === undefined ? null : { ...row.state, cursor: { decidedAt: row.decided_at, rowId: row.row_id } }
}

export async function saveWire(db: Db, { tenant, pod, action }: ActionPlace, row: WireRow): Promise<void> {
  const { wire, budget, cursor } = row
  await db.query({
    name: 'tripwire_save',
    text: `insert into tripwires (tenant_id, pod, action, state, decided_at, row_id) values ($1, $2, $3, $4, $5, $6)
      on conflict (tenant_id, pod, action) do update set state = excluded.state, decided_at = excluded.decided_at,
        row_id = excluded.row_id`,
    values: [tenant, pod, action, JSON.stringify({ wire, budget }), cursor.decidedAt, cursor.rowId],
  })
}

export interface AuditedCase {
  readonly rowId: string
  readonly label: 0 | 1
  readonly decidedAt: Date
}

/** A page of audited would-be acts of any model after the cursor, in the order of decisions, decided up to `until`. */
export async function readAuditedAfter(
  db: Db,
  { tenant, pod, action }: ActionPlace,
  after: Cursor,
  until: Date,
): Promise<readonly AuditedCase[]> {
  const { rows } = await db.query<AuditedCase>({
    name: 'tripwire_cases',
    text: `select row_id as "rowId", label, decided_at as "decidedAt" from calibration_rows
      where tenant_id = $1 and pod = $2 and action = $3 and audited and source = 'live' and quality <> 'bulk'
        and (decided_at, row_id) > ($4, $5) and decided_at <= $6
      order by decided_at, row_id limit 5000`,
    values: [tenant, pod, action, after.decidedAt, after.rowId, until],
  })
  return rows
}

/** Puts the action out of work, whatever its mode is: the tripwire's mark stays until an admin takes it away. */
export async function markSuspended(
  db: Db,
  { tenant, pod, action }: ActionPlace,
  suspension: { readonly at: Date; readonly why: string; readonly defaultMode: string },
): Promise<void> {
  await db.query({
    name: 'action_suspend',
    text: `insert into action_states (tenant_id, pod, action, mode, gate, changed_at, changed_by, reason, suspended_at,
        suspended_why, certify_from)
      values ($1, $2, $3, $6, 'certified', $4, 'tripwire', $5, $4, $5, $4)
      on conflict (tenant_id, pod, action) do update set suspended_at = excluded.suspended_at,
        suspended_why = excluded.suspended_why, certify_from = excluded.certify_from`,
    values: [tenant, pod, action, suspension.at, suspension.why, suspension.defaultMode],
  })
}

/** `certify_from` stays: rows from before the suspension count for no later certificate either. */
export async function markRearmed(db: Db, { tenant, pod, action }: ActionPlace): Promise<void> {
  await db.query({
    name: 'action_rearm',
    text: `update action_states set suspended_at = null, suspended_why = null
      where tenant_id = $1 and pod = $2 and action = $3`,
    values: [tenant, pod, action],
  })
}
