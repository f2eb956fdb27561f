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
  /** Cases decided up to then do not count. */
  readonly since: Date
}

export async function readWire(db: Db, { tenant, pod, action }: ActionPlace): Promise<WireRow | null> {
  const { rows } = await db.query<{ state: WireState; since: Date }>({
    name: 'tripwire_read',
    text: 'select state, since from tripwires where tenant_id = $1 and pod = $2 and action = $3',
    values: [tenant, pod, action],
  })
  const row = rows[0]
  return row === undefined ? null : { ...row.state, since: row.since }
}

export async function saveWire(db: Db, { tenant, pod, action }: ActionPlace, row: WireRow): Promise<void> {
  const { wire, budget, since } = row
  await db.query({
    name: 'tripwire_save',
    text: `insert into tripwires (tenant_id, pod, action, state, since) values ($1, $2, $3, $4, $5)
      on conflict (tenant_id, pod, action) do update set state = excluded.state, since = excluded.since`,
    values: [tenant, pod, action, JSON.stringify({ wire, budget }), since],
  })
}

export interface AuditedCase {
  readonly rowId: string
  readonly label: 0 | 1
  readonly decidedAt: Date
}

const pageCases = 5000

/**
 * Takes audited would-be acts of any model that were decided up to `until` and never taken before: in the order of
 * decisions, those whose label came late as soon as it is there. A label that changes afterwards is not counted again.
 */
export async function takeAudited(
  db: Db,
  { tenant, pod, action }: ActionPlace,
  until: Date,
): Promise<readonly AuditedCase[]> {
  const { rows } = await db.query<AuditedCase>({
    name: 'tripwire_cases',
    text: `update calibration_rows set watched = true where ctid = any (array(
        select ctid from calibration_rows
        where tenant_id = $1 and pod = $2 and action = $3 and audited and not watched and source = 'live'
          and quality <> 'bulk' and decided_at <= $4
        order by decided_at, row_id limit ${pageCases} for update))
      returning row_id as "rowId", label, decided_at as "decidedAt"`,
    values: [tenant, pod, action, until],
  })
  return rows.toSorted((a, b) => Number(a.decidedAt) - Number(b.decidedAt) || (a.rowId < b.rowId ? -1 : 1))
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
