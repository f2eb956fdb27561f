import type { Db } from './db.ts'

/**
 * Tells the planner how large the tables have become. A replay fills them faster than autovacuum looks: without statistics
 * every index of a tenant seems equally good, and a look-up by case may read the whole key table.
 */
export async function refreshStatistics(db: Db): Promise<void> {
  await db.query('analyze event_keys, decisions, outcomes, calibration_rows')
}
