import type { Gate, Mode, QuestionKey } from '@surety/contract'
import type { Reader, Tx } from './db.ts'
import { insertRow, orNull, type RowOf, table, text, time } from './table.ts'

export interface ActionPlace extends QuestionKey {
  readonly tenant: string
  readonly action: string
}

/** How far the machine may go with one action, as an operator and the tripwire have left it. */
export const actionStates = table('action_states', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  action: text('action'),
  mode: text<Mode>('mode'),
  gate: text<Gate>('gate'),
  changedAt: time('changed_at'),
  changedBy: text('changed_by'),
  reason: text('reason'),
  suspendedAt: orNull(time('suspended_at')),
  suspendedWhy: orNull(text('suspended_why')),
  certifyFrom: orNull(time('certify_from')),
})
const set = actionStates.pick('tenant', 'pod', 'question', 'action', 'mode', 'gate', 'changedAt', 'changedBy', 'reason')

export const saveMode = async (db: Tx, row: RowOf<typeof set>): Promise<void> =>
  void (await insertRow(
    db,
    set,
    row,
    `on conflict (tenant_id, pod, question, action) do update set mode = excluded.mode, gate = excluded.gate,
      changed_at = excluded.changed_at, changed_by = excluded.changed_by, reason = excluded.reason`,
  ))

/**
 * Keeps whoever changes what the machine may do waiting until the commit: what is read afterwards holds, and when the
 * change has been answered nothing is performed under the old state any more.
 */
export async function holdAutonomy(db: Tx, tenant: string, pods: readonly string[]): Promise<void> {
  await db.query({
    name: 'hold_autonomy',
    // Planned while tables may be empty, or not counted yet: look-ups by key fit small and large ones.
    text: `select held_epoch($1, pod), set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
      set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true) from (select pod from unnest($2::text[]) as pod order by pod offset 0) given`,
    values: [tenant, pods],
  })
}

export interface ModeRow {
  readonly mode: string
  readonly suspended: boolean
}

/** By `pod\naction`; the defaults of the pod hold where there is none. */
export async function modesOf(db: Reader, tenant: string): Promise<ReadonlyMap<string, ModeRow>> {
  const { rows } = await db.query<{ pod: string; action: string; mode: string; suspended: boolean }>({
    name: 'modes_of',
    text: `select pod, action, mode, suspended_at is not null as suspended from action_states where tenant_id = $1`,
    values: [tenant],
  })
  return new Map(rows.map(({ pod, action, mode, suspended }) => [`${pod}\n${action}`, { mode, suspended }]))
}

/** Puts the action out of work, whatever its mode is: the tripwire's mark stays until an admin takes it away. */
export const markSuspended = async (
  db: Tx,
  place: ActionPlace,
  { at, why, defaultMode }: { readonly at: Date; readonly why: string; readonly defaultMode: Mode },
): Promise<void> =>
  void (await insertRow(
    db,
    actionStates,
    {
      ...place,
      mode: defaultMode,
      gate: 'certified',
      changedAt: at,
      changedBy: 'tripwire',
      reason: why,
      suspendedAt: at,
      suspendedWhy: why,
      certifyFrom: at,
    },
    `on conflict (tenant_id, pod, question, action) do update set suspended_at = excluded.suspended_at,
      suspended_why = excluded.suspended_why, certify_from = excluded.certify_from`,
  ))

/** `certify_from` stays: rows from before the suspension count for no later certificate either. */
export async function markRearmed(db: Tx, { tenant, pod, question, action }: ActionPlace): Promise<void> {
  await db.query({
    name: 'action_rearm',
    text: `update action_states set suspended_at = null, suspended_why = null
      where tenant_id = $1 and pod = $2 and question = $3 and action = $4`,
    values: [tenant, pod, question, action],
  })
}
