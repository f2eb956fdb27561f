import { randomBytes } from 'node:crypto'
import type { EventResult } from '@surety/contract'
import { type Core, type CoreOptions, openCore } from '../../app/core.ts'
import { Problem } from '../../errors.ts'
import { randomIds } from '../../pipeline/ids.ts'
import type { Arrival } from '../../pipeline/item.ts'
import { podsFrom } from '../../pods.ts'
import type { Database } from '../../store/db.ts'
import { guards } from './pod.ts'
import { startsAt } from './shift.ts'

/** The same for every process, as `TENANT` keys are. */
export const secrets = { dataKeys: [randomBytes(32)], piiRoot: Buffer.alloc(32, 7) }

/** The line of one process that serves the guards. */
export const openGuards = (db: Database, more: Partial<CoreOptions> = {}): Promise<Core> =>
  openCore({
    db,
    secrets,
    ids: randomIds(),
    pods: podsFrom([guards]),
    monotonicMs: () => performance.now(),
    now: () => startsAt,
    enrichment: true,
    serving: () => null,
    connections: 1,
    onError: () => {},
    ...more,
  })

export interface Worked {
  readonly batches: number
  /** Batches that ended in an outage and came again. */
  readonly lost: number
  /** The last answer to each event, by its id. */
  readonly answers: ReadonlyMap<string, EventResult>
}

/** So many batches in a row that come to nothing are no accident. */
const mostTries = 10

/**
 * Hands its events to the line in cuts of its own; what found no answer comes again.
 * @param begin told of each batch
 */
export async function work(
  core: Core,
  events: readonly Arrival[],
  random: () => number,
  begin?: () => void,
): Promise<Worked> {
  const answers = new Map<string, EventResult>()
  let [from, batches, lost] = [0, 0, 0]
  for (let tries = 0; from < events.length; tries++) {
    if (tries === mostTries) throw new Error(`nothing came of ${mostTries} batches`)
    const cut = events.slice(from, from + 1 + Math.floor(random() ** 3 * 12))
    batches++
    begin?.()
    try {
      const results = await core.run(cut)
      for (const [i, result] of results.entries()) answers.set(cut[i]!.raw.eventId!, result)
      const undone = results.findIndex(result => result.status === 'rejected' && result.code !== 'internal')
      from += undone === -1 ? cut.length : undone
      if (undone !== 0) tries = 0
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 503) throw error
      lost++
    }
  }
  return { batches, lost, answers }
}
