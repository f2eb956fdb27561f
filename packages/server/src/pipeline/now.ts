import type { EventResult, RawEvent } from '@surety/contract'
import { decide } from './decide/decide.ts'
import { enrich } from './enrich.ts'
import { features } from './features.ts'
import { type IngestDeps, ingest, isRejected } from './ingest.ts'
import { interval } from './interval/interval.ts'
import type { Arrival, Arrived, Asking, Autonomy, Decided, Snapshot } from './item.ts'
import { type Anew, type Recorder, record } from './record/record.ts'
import { score } from './score.ts'

export interface NowDeps extends IngestDeps {
  /** Loads what the snapshot must know of these tenants (settings, models, keys); at once when it knows them. */
  prepare(tenants: ReadonlySet<string>): Promise<void> | null
  snapshot(): Snapshot
  /** Reads again what the machine may do for these tenants. */
  renew(tenants: ReadonlySet<string>): Promise<void>
  readonly recorder: Recorder
  /** Counts what went through, after the commit. */
  observe?(items: readonly (Arrived | Decided)[], eventResults: readonly EventResult[]): void
  /** Counts what could not be read, and therefore is no item. */
  refuse?(raws: readonly RawEvent[]): void
}

/**
 * The line, in one direction. Read this file first: a batch comes in, walks the stages, and is answered only after its
 * one transaction has committed. One event result per arrival, in order.
 */
export async function now(
  arrivals: readonly Arrival[],
  deps: NowDeps,
  earlier: Promise<unknown> | null = null,
): Promise<readonly EventResult[]> {
  const loading = deps.prepare(new Set(arrivals.map(arrival => arrival.raw.tenant)))
  if (loading !== null) await loading
  const snapshot = deps.snapshot()

  const ingested = ingest(arrivals, deps, snapshot)
  const arrived = ingested.filter((item): item is Arrived => !isRejected(item))
  const decided = walk(arrived, snapshot, deps)
  const redecide = async (items: readonly (Arrived | Decided)[], why: Anew) => {
    if (why === 'overtaken' || why === 'crowded_out') await deps.renew(new Set(items.map(item => item.raw.tenant)))
    const anew = deps.snapshot()
    return walk(items, why === 'crowded_out' ? withoutRoom(anew) : anew, deps)
  }
  const recorded = decided.length === 0 ? [] : await record(decided, deps.recorder, deps.ids, earlier, redecide)
  deps.observe?.(decided, recorded)
  if (arrived.length < arrivals.length)
    deps.refuse?.(arrivals.filter((_, i) => isRejected(ingested[i]!)).map(arrival => arrival.raw))

  let next = 0
  return ingested.map(item => (isRejected(item) ? item : recorded[next++]!))
}

/** The pure stages, for those that ask; answers and messages keep their place and pass by. */
export function walk(
  arrived: readonly Arrived[],
  snapshot: Snapshot,
  deps: Pick<NowDeps, 'ids' | 'watch'>,
): readonly (Arrived | Decided)[] {
  const asking = arrived.filter((item): item is Asking => item.questions.length > 0 && item.caseId !== null)
  const { watch } = deps
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
  const decided = decide(interval(scored, snapshot), snapshot, deps.ids)
  let next = 0
  return arrived.map(item => {
    const asked = item.questions.length
    if (asked === 0) return item
    const first = decided[next]!
    next += asked
    return asked === 1 ? first : { ...first, beside: decided.slice(next - asked + 1, next) }
  })
}

/** What has a cap is asked. */
const withoutRoom = (snapshot: Snapshot): Snapshot => {
  const seen = new Map<Autonomy, Autonomy>()
  return {
    ...snapshot,
    autonomy(tenant, question) {
      const autonomy = snapshot.autonomy(tenant, question)
      const known = seen.get(autonomy) ?? { ...autonomy, room: () => 0 }
      seen.set(autonomy, known)
      return known
    },
  }
}
