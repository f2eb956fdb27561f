import type { EventResult, RawEvent } from '@surety/contract'
import { EventFailed, isOutage, mayBeOfOne } from '../errors.ts'
import { decide } from './decide/decide.ts'
import { enrich } from './enrich.ts'
import { features } from './features.ts'
import { held } from './held.ts'
import { ingest, isRejected } from './ingest.ts'
import { interval } from './interval/interval.ts'
import type { Arrival, Arrived, Asking, Decided, Rejected, Snapshot, Stateful } from './item.ts'
import { notJudged, stateful } from './name-groups.ts'
import { type NowDeps, withoutRoom } from './now-deps.ts'
import { type Anew, record } from './record/record.ts'
import { score } from './score.ts'

/**
 * The line, in one direction. Read this file first: a batch comes in, walks the stages, and is answered only after its
 * one transaction has committed. One event result per arrival, in order. Events that name groups walk by themselves, in `held.ts`.
 * An event that a stage fails on, and what comes of a tenant that cannot be read, leaves the batch with a result of its own.
 * @param told of results that are known before those of the whole batch, by the place of their arrival
 */
export async function now(
  arrivals: readonly Arrival[],
  deps: NowDeps,
  earlier: Promise<unknown> | null = null,
  told: (place: number, result: EventResult) => void = () => {},
): Promise<readonly EventResult[]> {
  const tenants = new Set(arrivals.map(arrival => arrival.raw.tenant))
  const loading = deps.prepare(tenants)
  const unread = loading === null ? none : await unreadOf(loading, tenants, deps)
  const read = unread.size === 0 ? arrivals : arrivals.filter(({ raw }) => !unread.has(raw.tenant))
  const snapshot = deps.snapshot()
  const early: Told = ({ place = -1 }, result) => {
    const arrival = read[place]
    if (arrival !== undefined) told(read === arrivals ? place : arrivals.indexOf(arrival), result)
  }

  const ingested = ingest(read, deps, snapshot, failedAt('ingest', deps)).map(item =>
    !isRejected(item) && item.kind.groups !== undefined ? stateful(item, snapshot, deps) : item,
  )
  const arrived = ingested.filter((item): item is Arrived | Stateful => !isRejected(item))
  const alone = arrived.filter(item => !('seen' in item) && item.raw.silence === undefined)
  if (alone.length === arrivals.length) return stateless(alone, deps, earlier, early)
  // What is told by silence holds the fences of its cases before anything else: never in one statement with what touches them.
  const silent = arrived.filter(item => !('seen' in item) && item.raw.silence !== undefined)
  const results = new Map<Arrived, EventResult>()
  const parts = [alone, silent, ...lotsOf(arrived)].filter(part => part.length > 0)
  for (const part of parts) {
    await partly(part, parts.length === 1, deps, earlier, results, early)
    if (part !== parts.at(-1)) for (const item of part) early(item, results.get(item)!)
  }
  if (arrived.length < read.length) {
    const refused = ingested.flatMap((item, i) => (isRejected(item) ? [{ raw: read[i]!.raw, result: item }] : []))
    deps.refuse?.(refused)
  }
  let next = 0
  return arrivals.map(({ raw }) => {
    const item = unread.get(raw.tenant) ?? ingested[next++]!
    return isRejected(item) ? item : results.get(item)!
  })
}

const none: ReadonlyMap<string, Rejected> = new Map()

type Told = (item: Arrived, result: EventResult) => void

/** Tenants of which what must be known cannot be read, each with what its senders are told. @throws where none can be read */
async function unreadOf(
  loading: Promise<void>,
  tenants: ReadonlySet<string>,
  deps: NowDeps,
): Promise<ReadonlyMap<string, Rejected>> {
  try {
    await loading
    return none
  } catch (error) {
    if (tenants.size === 1) throw error
    const unread = new Map<string, Rejected>()
    for (const tenant of tenants)
      try {
        await deps.prepare(new Set([tenant]))
      } catch (error) {
        deps.failed?.(error)
        unread.set(tenant, unwritten(error))
      }
    if (unread.size === tenants.size) throw error
    return unread
  }
}

/** What goes through the stages together. Where it fails as a whole its neighbours, which are written already or are yet to come, do not. */
async function partly(
  part: readonly (Arrived | Stateful)[],
  all: boolean,
  deps: NowDeps,
  earlier: Promise<unknown> | null,
  results: Map<Arrived, EventResult>,
  early: Told,
): Promise<void> {
  try {
    const done = isStateful(part) ? await stateKept(part, deps) : await stateless(part, deps, earlier, early)
    for (const [i, result] of done.entries()) results.set(part[i]!, result)
  } catch (error) {
    if (all) throw error
    deps.failed?.(error)
    for (const item of part) results.set(item, unwritten(error))
  }
}

const isStateful = (items: readonly (Arrived | Stateful)[]): items is readonly Stateful[] => 'seen' in items[0]!

const unwritten = (error: unknown): Rejected => ({
  status: 'rejected',
  code: isOutage(error) ? 'storage_unavailable' : 'internal',
})

/** Tells of an event that failed alone, and gives what its sender is told. */
const failedAt =
  (stage: string, { podOf, failed }: NowDeps) =>
  (raw: RawEvent, error: unknown): Rejected => {
    failed?.(new EventFailed(stage, raw, error))
    const pod = podOf(raw.kind)
    return pod === undefined ? { status: 'rejected', code: 'internal' } : notJudged(pod)
  }

/** Arrays of events go through the stages together. */
async function stateless(
  arrived: readonly Arrived[],
  deps: NowDeps,
  earlier: Promise<unknown> | null,
  early: Told,
): Promise<readonly EventResult[]> {
  const failed = failedAt('decide', deps)
  const walked = walkApart(arrived, items => walk(items, deps.snapshot(), deps), failed)
  const decided = walked.filter((item): item is Arrived | Decided => !isRejected(item))
  const redecide = async (items: readonly (Arrived | Decided)[], why: Anew) => {
    if (why === 'overtaken' || why === 'crowded_out') await deps.renew(new Set(items.map(item => item.raw.tenant)))
    const anew = deps.snapshot()
    return walk(items, why === 'crowded_out' ? withoutRoom(anew) : anew, deps)
  }
  const notWritten = ({ raw }: Arrived, error: unknown): void =>
    deps.failed?.(mayBeOfOne(error) ? new EventFailed('record', raw, error) : error)
  const recorded = await record(decided, deps.recorder, earlier, redecide, notWritten, early)
  if (decided.length === arrived.length) {
    deps.observe?.(decided, recorded)
    return recorded
  }
  let next = 0
  const results = walked.map(item => (isRejected(item) ? item : recorded[next++]!))
  deps.observe?.(
    walked.map((item, i) => (isRejected(item) ? arrived[i]! : item)),
    results,
  )
  return results
}

/** The same, or what its sender is told, for each: where it fails for all of them it is tried in halves, since it leaves nothing. */
function walkApart(
  items: readonly Arrived[],
  walked: (items: readonly Arrived[]) => readonly (Arrived | Decided)[],
  failed: (raw: RawEvent, error: unknown) => Rejected,
): readonly (Arrived | Decided | Rejected)[] {
  try {
    return walked(items)
  } catch (error) {
    if (items.length === 1) return [failed(items[0]!.raw, error)]
    const middle = Math.ceil(items.length / 2)
    return [items.slice(0, middle), items.slice(middle)].flatMap(half => walkApart(half, walked, failed))
  }
}

async function stateKept(lot: readonly Stateful[], deps: NowDeps): Promise<readonly EventResult[]> {
  const ended = await held(lot, deps)
  const results = ended.map(({ result }) => result)
  deps.observe?.(
    ended.map(({ item }) => item),
    results,
  )
  return results
}

/** Events that name groups, by tenant and pod. */
function lotsOf(arrived: readonly (Arrived | Stateful)[]): Iterable<readonly Stateful[]> {
  const all = arrived.filter((item): item is Stateful => 'seen' in item)
  return Map.groupBy(all, ({ raw, pod }) => `${raw.tenant}\n${pod.name}`).values()
}

/** The pure stages, for those that ask; answers and messages keep their place and pass by. */
export function walk(
  arrived: readonly Arrived[],
  snapshot: Snapshot,
  { watch }: Pick<NowDeps, 'watch'>,
): readonly (Arrived | Decided)[] {
  const asking = arrived.filter((item): item is Asking => item.questions.length > 0 && item.caseId !== null)
  const startMs = watch?.monotonicMs() ?? 0
  const enriched = enrich(asking, snapshot)
  const enrichedMs = watch?.monotonicMs() ?? 0
  const featured = features(enriched)
  const featuredMs = watch?.monotonicMs() ?? 0
  const scored = score(featured, snapshot)
  if (watch !== undefined && asking.length > 0) {
    watch.enriched(asking.length, enrichedMs - startMs)
    watch.scored(asking.length, watch.monotonicMs() - featuredMs)
  }
  const decided = decide(interval(scored, snapshot), snapshot)
  let next = 0
  return arrived.map(item => {
    const asked = item.questions.length
    if (asked === 0) return item
    const first = decided[next]!
    next += asked
    return asked === 1 ? first : { ...first, beside: decided.slice(next - asked + 1, next) }
  })
}
