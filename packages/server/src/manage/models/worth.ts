import type { Database } from '../../store/db.ts'
import { lastLearningRun, outcomesSince } from '../../store/learning-runs.ts'
import type { Place } from '../../store/models.ts'

/** One in fifty: fewer new labels than that change a model by less than their own noise. */
const share = 50
const dayMs = 86_400_000
const everything = { labels: 0, at: new Date(0) }

/** So many outcomes after the last run of learning make the next night worth one: 2 % of the labels that it had, the first time one. */
export const outcomesWorthANight = (labels: number): number => Math.max(1, Math.ceil(labels / share))

/**
 * @param tenants whose cases are learned from
 * @param now a run that lies after it by more than clocks differ took place under a wrong clock, and counts as none
 */
export async function isWorthRunning(
  db: Database,
  place: Place,
  tenants: readonly string[],
  now: Date,
): Promise<boolean> {
  const known = await db.read([place.scope], reader => lastLearningRun(reader, place))
  const last = known === null || known.at.getTime() > now.getTime() + dayMs ? everything : known
  const needed = outcomesWorthANight(last.labels)
  return (await db.read(tenants, reader => outcomesSince(reader, tenants, place.pod, last.at, needed))) >= needed
}
