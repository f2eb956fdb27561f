import type { Arrival } from '../../pipeline/item.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { openSuperuser } from '../superuser.ts'
import { fix, handover, punch } from './pod.ts'
import { openGuards } from './processes.ts'
import { startsAt, tenant } from './shift.ts'

/**
 * Two processes, so many times: each a batch at the same moment that holds devices, people and sites of the other one's, named
 * in the opposite order, and others through links that the batches before them have moved.
 */
export async function crossing(times: number): Promise<{ readonly deadlocks: number; readonly recorded: number }> {
  await using database = await openTestDatabase({ poolSize: 4 })
  await using superuser = await openSuperuser(database.address)
  await using first = await openGuards(database.db)
  await using second = await openGuards(database.db)
  let recorded = 0
  for (let n = 0; n < times; n++) {
    const there = [0, 1, 0, 1].map(which => batchOf(n, which))
    const [mine, others] = [there.slice(0, 2).flat(), there.slice(2).flat().toReversed()]
    const renamed = others.map(event => ({ ...event, raw: { ...event.raw, eventId: `${event.raw.eventId} again` } }))
    const results = await Promise.all([first.run(mine), second.run(renamed)])
    recorded += results.flat().filter(({ status }) => status === 'recorded').length
  }
  return { deadlocks: await superuser.deadlocks(), recorded }
}

/** Two of each rank, whose links go crosswise every other time. */
function batchOf(n: number, which: number): readonly Arrival[] {
  const at = new Date(startsAt.getTime() + n * 1000)
  const [device, person, site] = [`D${which}`, `P${(which + n) % 2}`, `S${(which + (n >> 1)) % 2}`]
  const of = (kind: string, data: { readonly [name: string]: string | number }): Arrival => ({
    raw: { tenant, kind, eventId: `${kind} ${which} ${n}`, occurredAt: at, data },
    at,
    startedMs: 0,
  })
  const moves = n % 3 === 0
  return [
    of(fix.name, { device, speed: 1 }),
    moves ? of(handover.name, { device, person }) : of(punch.name, { person, site, way: 'in' }),
  ]
}
