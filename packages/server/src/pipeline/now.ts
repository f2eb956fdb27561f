import type { EventResult } from '@surety/contract'
import { decide } from './decide/decide.ts'
import { enrich } from './enrich.ts'
import { features } from './features.ts'
import { held } from './held.ts'
import { ingest, isRejected } from './ingest.ts'
import { interval } from './interval/interval.ts'
import type { Arrival, Arrived, Asking, Decided, Snapshot, Stateful } from './item.ts'
import { stateful } from './name-groups.ts'
import { type NowDeps, withoutRoom } from './now-deps.ts'
import { type Anew, record } from './record/record.ts'
import { score } from './score.ts'

/**
 * The line, in one direction. Read this file first: a batch comes in, walks the stages, and is answered only after its
 * one transaction has committed. One event result per arrival, in order. Events that name groups walk by themselves, in `held.ts`.
 */
export async function now(
  arrivals: readonly Arrival[],
  deps: NowDeps,
  earlier: Promise<unknown> | null = null,
): Promise<readonly EventResult[]> {
  const loading = deps.prepare(new Set(arrivals.map(arrival => arrival.raw.tenant)))
  if (loading !== null) await loading
  const snapshot = deps.snapshot()

  const ingested = ingest(arrivals, deps, snapshot).map(item =>
    !isRejected(item) && item.kind.groups !== undefined ? stateful(item, snapshot, deps) : item,
  )
  const arrived = ingested.filter((item): item is Arrived | Stateful => !isRejected(item))
  const alone = arrived.filter(item => !('seen' in item) && item.raw.silence === undefined)
  if (alone.length === arrivals.length) return stateless(alone, deps, earlier)
  // What is told by silence holds the fences of its cases before anything else: never in one statement with what touches them.
  const silent = arrived.filter(item => !('seen' in item) && item.raw.silence !== undefined)
  const results = new Map<Arrived, EventResult>()
  for (const some of [alone, silent])
    if (some.length > 0)
      for (const [i, result] of (await stateless(some, deps, earlier)).entries()) results.set(some[i]!, result)
  for (const lot of lotsOf(arrived)) await stateKept(lot, deps, results)
  if (arrived.length < arrivals.length)
    deps.refuse?.(arrivals.filter((_, i) => isRejected(ingested[i]!)).map(arrival => arrival.raw))
  return ingested.map(item => (isRejected(item) ? item : results.get(item)!))
}

/** Arrays of events go through the stages together. */
async function stateless(
  arrived: readonly Arrived[],
  deps: NowDeps,
  earlier: Promise<unknown> | null,
): Promise<readonly EventResult[]> {
  const decided = walk(arrived, deps.snapshot(), deps)
  const redecide = async (items: readonly (Arrived | Decided)[], why: Anew) => {
    if (why === 'overtaken' || why === 'crowded_out') await deps.renew(new Set(items.map(item => item.raw.tenant)))
    const anew = deps.snapshot()
    return walk(items, why === 'crowded_out' ? withoutRoom(anew) : anew, deps)
  }
  const recorded = await record(decided, deps.recorder, earlier, redecide)
  deps.observe?.(decided, recorded)
  return recorded
}

async function stateKept(lot: readonly Stateful[], deps: NowDeps, results: Map<Arrived, EventResult>): Promise<void> {
  const ended = await held(lot, deps)
  for (const [i, { result }] of ended.entries()) results.set(lot[i]!, result)
  deps.observe?.(
    ended.map(({ item }) => item),
    ended.map(({ result }) => result),
  )
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
