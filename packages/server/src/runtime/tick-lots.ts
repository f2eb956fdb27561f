import { type EventResult, type RawEvent, tickId } from '@surety/contract'
import type { Database, Reader } from '../store/db.ts'
import { entityIdsAt } from '../store/entities.ts'
import type { PodTick, TickMetrics } from './tick-metrics.ts'
import type { TickSlot } from './tick-slots.ts'

/** A kind of ticks of one tenant. */
export interface TickOf extends PodTick {
  readonly tenant: string
}

export interface LotsDeps {
  readonly db: Database
  readonly metrics: TickMetrics
  /** Into the line, behind all else that waits. */
  submit(ticks: readonly RawEvent[]): Promise<readonly EventResult[]>
  /** Ticks that walk together at most. */
  readonly lot: number
}

/** Entities that are read at once. */
const pageRows = 500

/** A page of the entities that were there at the slot, by id. */
export const entitiesAt = (db: Reader, { tenant, pod, tick }: TickOf, { slot }: TickSlot, after: string) =>
  entityIdsAt(db, { tenant, pod, kind: tick.entity.name }, new Date(slot), after, pageRows)

/**
 * Every entity ticks, some at a time.
 * @param ticked ids that have ticked, for whoever comes again to the same slot
 * @returns false: some have not, because it was to stop or others hold what they have to hold
 */
export async function runSlot(
  deps: LotsDeps,
  of: TickOf,
  slot: TickSlot,
  ticked: Set<string>,
  stop: AbortSignal,
): Promise<boolean> {
  let whole = true
  for (let after = ''; ; ) {
    const page = await deps.db.read([of.tenant], db => entitiesAt(db, of, slot, after))
    const waiting = page.filter(id => !ticked.has(id))
    for (let from = 0; from < waiting.length; from += deps.lot) {
      if (stop.aborted) return false
      if (!(await runLot(deps, of, slot, waiting.slice(from, from + deps.lot), ticked))) whole = false
    }
    if (page.length < pageRows) return whole
    after = page.at(-1)!
  }
}

async function runLot(
  { submit, metrics }: LotsDeps,
  of: TickOf,
  slot: TickSlot,
  ids: readonly string[],
  ticked: Set<string>,
): Promise<boolean> {
  const results = await submit(ids.map(id => tickOf(of, slot, id)))
  let whole = true
  for (const [place, result] of results.entries())
    if (result.status === 'rejected' && mayComeAgain.has(result.code)) whole = false
    else {
      ticked.add(ids[place]!)
      metrics.add(of, wordOf(result))
    }
  return whole
}

/** What says nothing of the tick itself: others hold what it has to hold, or the database is away. */
const mayComeAgain: ReadonlySet<string> = new Set(['overloaded', 'storage_unavailable'])

function tickOf({ tenant, tick: { name } }: TickOf, { slot, gapMs }: TickSlot, entity: string): RawEvent {
  const occurredAt = new Date(slot)
  const eventId = tickId(name, entity, occurredAt)
  return { tenant, kind: name, eventId, occurredAt, tick: true, data: { entity, gapMs } }
}

/** One that is known under another gap was made by a process whose clock was another: it was made all the same. */
function wordOf(result: EventResult): Parameters<TickMetrics['add']>[1] {
  if (result.status === 'rejected') return result.code === 'event_id_conflict' ? 'repeated' : 'failed'
  return result.status === 'recorded' ? 'recorded' : 'repeated'
}
