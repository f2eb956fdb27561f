import { randomUUID } from 'node:crypto'
import type { Db } from '../store/db.ts'
import { clockOf } from '../store/server.ts'
import {
  endTickRun,
  keepTickRun,
  lockTickRun,
  readTickRuns,
  type TickPlace,
  type TickRun,
  takeTickRun,
} from '../store/tick-runs.ts'
import type { Context } from './context.ts'
import { keepLease } from './lease.ts'
import { entitiesAt, type LotsDeps, runSlot, type TickOf } from './tick-lots.ts'
import { type PodTick, tickMetrics } from './tick-metrics.ts'
import { lagOf, newestSlot, slotToRun, type TickSlot, type TickStand } from './tick-slots.ts'

export interface TicksNeeds extends Pick<LotsDeps, 'submit' | 'lot'> {
  tenants(): Promise<readonly string[]>
  /** Time is another one than that of the wall: no clock of a database goes by it. */
  readonly ownTime: boolean
  /** false: nothing runs but what `turn` is asked for. */
  byItself(): boolean
}

type TicksContext = Pick<Context, 'db' | 'clock' | 'every' | 'metrics' | 'pods' | 'signal' | 'onError'>

export interface Ticks extends AsyncDisposable {
  /** Runs all slots whose turn has come and that nobody else runs. @throws where some failed, when all had their turn */
  turn(): Promise<void>
}

const everyMs = 1_000
/** A slot that could not be run is tried again within this time. */
const mostMs = 5_000
/** How long a process that was killed, or stands still, keeps others from its slot. */
const leaseMs = 20_000

/** What this process knows of a kind and tenant. */
interface Known {
  /** The last slot that was run whole, whoever ran it. */
  done: number | null
  /** Ids that ticked here in a slot that is not whole. */
  ticked: { readonly slot: number; readonly ids: Set<string> } | null
  /** By the monotonic clock: others hold what it needs, so it comes again no sooner. */
  restsUntilMs: number
}

/**
 * Silence becomes an event: in each slot of its period every entity of a kind ticks once, half a minute after the slot and judged as of
 * it. A kind is run by one process at a time for each tenant; where that one dies another follows, and no tick is made twice, because
 * the ids of both are the same. What was missed is not made up.
 */
export function openTicks(ctx: TicksContext, needs: TicksNeeds): Ticks {
  const { db, signal, clock } = ctx
  const all: readonly PodTick[] = ctx.pods.flatMap(pod => pod.ticks.map(tick => ({ pod: pod.name, tick })))
  const time = timeOf(ctx, needs.ownTime)
  const known = new Map<PodTick, Map<string, Known>>(all.map(one => [one, new Map()]))
  const knownOf = (one: PodTick, tenant: string): Known => {
    const found = known.get(one)!.get(tenant) ?? { done: null, ticked: null, restsUntilMs: 0 }
    known.get(one)!.set(tenant, found)
    return found
  }
  const metrics = tickMetrics(ctx.metrics, all, one => {
    const lags = [...known.get(one)!.values()].map(({ done }) => lagOf(done, time.about(), one.tick.every))
    return Math.max(0, ...lags)
  })
  const deps: RunDeps = { ...needs, db, metrics, time, signal }
  /** The slot through which all tenants are: until the next one there is nothing to do. */
  const through = new Map<PodTick, number>()

  /** @returns false: it is not through, and is to be looked at again */
  const visit = async (one: PodTick, tenant: string, run: TickRun | undefined, now: number): Promise<boolean> => {
    const mine = knownOf(one, tenant)
    mine.done = run?.done?.getTime() ?? null
    if (run !== undefined && slotToRun(standOf(run), now, one.tick.every) === null) return true
    if (run?.held === true || clock.monotonicMs() < mine.restsUntilMs) return false
    const ended = await runOne(deps, { ...one, tenant }, mine)
    if (ended === 'left') mine.restsUntilMs = clock.monotonicMs() + mostMs
    return ended === 'through'
  }

  const turn = async (): Promise<void> => {
    const now = await time.now()
    const due = all.filter(one => newestSlot(now, one.tick.every) !== through.get(one))
    if (due.length === 0) return
    const tenants = await needs.tenants()
    const runs = new Map((await db.read(tenants, readTickRuns)).map(run => [nameOf(run), run]))
    let failed = 0
    for (const one of due) {
      let whole = true
      for (const tenant of tenants) {
        if (signal.aborted) return
        try {
          const run = runs.get(nameOf({ tenant, pod: one.pod, kind: one.tick.name }))
          if (!(await visit(one, tenant, run, now))) whole = false
        } catch (error) {
          if (signal.aborted) return
          ctx.onError(error, 'ticks', tenant)
          whole = false
          failed++
        }
      }
      if (whole) through.set(one, newestSlot(now, one.tick.every))
    }
    if (failed > 0) throw new Error(`${failed} slots of ticks could not be run; they are tried again`)
  }

  const work = async () => (needs.byItself() ? turn() : undefined)
  const loop = all.length === 0 ? null : ctx.every({ name: 'ticks', everyMs, mostMs, work })
  return {
    turn,
    async [Symbol.asyncDispose]() {
      await loop?.[Symbol.asyncDispose]()
    },
  }
}

interface RunDeps extends LotsDeps {
  readonly time: Time
  readonly signal: AbortSignal
}

/** `left`: it was begun and not ended; `held`: somebody else runs it. */
async function runOne(deps: RunDeps, of: TickOf, known: Known): Promise<'through' | 'held' | 'left'> {
  const { db, metrics, signal } = deps
  const { tenant, pod, tick } = of
  const run = { tenant, pod, kind: tick.name, holder: randomUUID() }
  const slot = await take(deps, of, run, known)
  if (slot === 'held') return 'held'
  if (slot === null) return 'through'
  if (known.ticked?.slot !== slot.slot) {
    known.ticked = { slot: slot.slot, ids: new Set() }
    if (slot.gapMs > 0) metrics.gap(of)
  }
  const lost = new AbortController()
  let whole = false
  try {
    const keep = () => db.transaction([tenant], tx => keepTickRun(tx, run, leaseMs))
    await using _ = keepLease({ leaseMs, keep, onLost: () => lost.abort() })
    whole = await runSlot(deps, of, slot, known.ticked.ids, AbortSignal.any([signal, lost.signal]))
  } finally {
    const kept = await db.transaction([tenant], tx => endTickRun(tx, run, whole))
    whole = whole && kept
  }
  if (!whole) return 'left'
  known.done = slot.slot
  known.ticked = null
  return 'through'
}

/** In one short transaction, so that of two who look at once one has it. null: nothing is to be run. */
async function take(
  { db, time }: RunDeps,
  of: TickOf,
  run: TickPlace & { readonly holder: string },
  known: Known,
): Promise<TickSlot | 'held' | null> {
  return db.transaction([of.tenant], async tx => {
    const before = await lockTickRun(tx, run)
    if (before?.held === true) return 'held'
    // It may have been run since it was looked at.
    known.done = before?.done?.getTime() ?? null
    const slot = slotToRun(standOf(before), await time.at(tx), of.tick.every)
    // Who has no entities yet has missed nothing.
    if (slot === null || (before === null && (await entitiesAt(tx, of, slot, '')).length === 0)) return null
    await takeTickRun(tx, { ...run, slot: new Date(slot.slot), gapMs: slot.gapMs }, leaseMs)
    return slot
  })
}

function standOf(run: TickRun | null): TickStand {
  if (run === null) return { done: null, begun: null }
  return { done: run.done?.getTime() ?? null, begun: { slot: run.slot.getTime(), gapMs: run.gapMs } }
}

const nameOf = ({ tenant, pod, kind }: TickPlace): string => `${tenant}\n${pod}\n${kind}`

interface Time {
  /** Milliseconds since 1970. */
  now(): Promise<number>
  at(db: Db): Promise<number>
  /** As far as is known without asking. */
  about(): number
}

/** How long the clock of the database is believed without being asked. */
const believedMs = 10_000

/** That of the database, so that processes whose own clocks differ agree on the slots. */
function timeOf({ db, clock }: TicksContext, ownTime: boolean): Time {
  const own = (): number => clock.now().getTime()
  if (ownTime) return { now: async () => own(), at: async () => own(), about: own }
  let asked: { readonly ms: number; readonly atMs: number } | null = null
  const about = (): number => (asked === null ? own() : asked.ms + clock.monotonicMs() - asked.atMs)
  return {
    at: clockOf,
    about,
    async now() {
      if (asked === null || clock.monotonicMs() - asked.atMs > believedMs)
        asked = { ms: await db.transaction([], clockOf), atMs: clock.monotonicMs() }
      return about()
    },
  }
}
