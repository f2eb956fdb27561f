import type { Reader, Tx } from './db.ts'

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
