import type { Arrival } from '../../pipeline/item.ts'
import { live } from '../../runtime/manner.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { openSuperuser } from '../superuser.ts'
import { fix, handover, punch } from './pod.ts'
import { openGuards } from './processes.ts'
import { startsAt, tenant } from './shift.ts'

export interface Crossed {
  readonly deadlocks: number
  /** Of all events. */
  readonly recorded: number
  readonly events: number
}

/**
 * Two processes, so many times: each a batch at the same moment, which holds devices, people and sites of the other one's,
 * named in the opposite order, and others through links that the batches before have moved. Somebody else holds one of them until
 * both wait: each has locked by then what comes before it in its order.
 */
export async function crossing(times: number): Promise<Crossed> {
  await using database = await openTestDatabase({ poolSize: 4 })
  await using superuser = await openSuperuser(database.address)
  const open = () => openGuards(database.db, { manner: () => ({ ...live, syncedCommits: false }) })
  await using first = await open()
  await using second = await open()
  let [recorded, events] = [0, 0]
  for (let n = 0; n < times; n++) {
    const [mine, others] = [batchOf(n, 'a'), batchOf(n, 'b').toReversed()]
    await superuser.query(`begin; select from groups where group_key = 'device:D${n % devices}' for no key update`)
    const running = Promise.all([first.run(mine), second.run(others)])
    // Before the first batches there is no group, and nothing to wait for.
    while (n > 0 && (await superuser.waiting()) < 2);
    await superuser.query('commit')
    const results = await running
    events += mine.length + others.length
    recorded += results.flat().filter(({ status }) => status === 'recorded').length
  }
  return { deadlocks: await superuser.deadlocks(), recorded, events }
}

const devices = 6

/** All devices, handed to other people each time, and a guard on the move whose device is seen. */
function batchOf(n: number, who: string): readonly Arrival[] {
  const at = new Date(startsAt.getTime() + n * 1000)
  const of = (kind: string, place: number, data: { readonly [name: string]: string | number }): Arrival => ({
    raw: { tenant, kind, eventId: `${kind} ${who} ${place} ${n}`, occurredAt: at, data },
    at,
    startedMs: 0,
  })
  return [
    ...Array.from({ length: devices }, (_, i) => of(handover.name, i, { device: `D${i}`, person: `P${(i + n) % 8}` })),
    of(punch.name, 0, { person: `P${n % 8}`, site: `S${(n >> 1) % 3}`, way: 'in' }),
    of(fix.name, 0, { device: `D${n % devices}`, speed: 1 }),
  ]
}
