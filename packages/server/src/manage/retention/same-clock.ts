import type { Database } from '../../store/db.ts'
import { clockAheadMs, mostClocksApartMs } from '../../store/server.ts'

/**
 * Refuses to go on where the clock of this process and that of the database are more than minutes apart: one of them is wrong,
 * and what retention takes does not come back. A process that believed to be 400 days ahead deleted every text in one hour.
 * @throws with a sentence that says how far
 */
export async function assertSameClock(db: Database, now: () => Date): Promise<void> {
  const ahead = await db.read([], handle => clockAheadMs(handle, now))
  if (Math.abs(ahead) <= mostClocksApartMs) return
  const minutes = Math.round(Math.abs(ahead) / 60_000)
  throw new Error(
    `Nothing was deleted: the clock of this process is ${minutes} minutes ${ahead > 0 ? 'ahead of' : 'behind'} the clock of the database. Set the clocks right; retention goes on by itself.`,
  )
}
