import { missingPartitions } from '../../store/partitions.ts'
import { bad, type Finding, good } from './check.ts'
import type { Records } from './visit.ts'

/** Retention makes room 35 days ahead every hour; a week without it is left. */
const aheadMs = 28 * 86_400_000

/** Whether there is room for what is recorded now and within the next weeks. */
export async function partitionsCheck({ db, now }: Records): Promise<Finding> {
  const until = new Date(now.getTime() + aheadMs)
  const missing = await db.read([], reader => missingPartitions(reader, now, until))
  if (missing.length === 0) return good(`There is room for what is recorded until ${until.toISOString().slice(0, 10)}.`)
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : ''
  return bad(
    `Partitions are missing: ${missing.slice(0, 3).join(', ')}${more}. What is recorded then is refused.`,
    'surety tasks run retention, which makes them; docs/retention.md',
  )
}
