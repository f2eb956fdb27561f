import type { Schedule } from './cron.ts'

/**
 * What recurs: idempotent for one moment, so that doing it twice does no harm. It holds no connection but while it asks
 * something, and nothing of it reads a clock: the moment of the run is handed in.
 */
export interface Task<Done = unknown> {
  readonly name: string
  /** Until a person sets another; null: only when it is asked for. */
  readonly schedule: Schedule | null
  /** What it finds is about all tenants together: a run that failed for some is tried again for all, not for those alone. */
  readonly whole?: boolean
  /**
   * @param at the moment of the run: the wall clock live, the virtual one in a replay
   * @param signal aborted when the process stops or the task was lost to another: the run ends soon, throws, and is made up
   * @param asked a person wants it: it is done whether it is worth it or not
   */
  run(at: Date, signal: AbortSignal, eachTenant: EachTenant, asked?: boolean): Promise<Done>
}

/** What a run visits that belongs to all tenants together. */
export const platform = '*'

/**
 * One tenant after another, or a few side by side; those alone that failed when the run is a second try. One that throws is told and does not keep
 * the next from its turn; the run as a whole then counts as failed.
 * @param also `*` first: what belongs to all of them fails and is tried again by itself, as a tenant is
 * @param atOnce how many side by side: what is done for one must not wait for what is done for another; left out: one
 * @returns whether all tenants were visited and none of them failed: what was found is then about everything
 */
export type EachTenant = (
  work: (tenant: string) => Promise<unknown>,
  also?: typeof platform,
  atOnce?: number,
) => Promise<boolean>
