import type { EventResult, RawEvent } from '@surety/contract'
import type { IngestDeps } from './ingest.ts'
import type { Arrived, Autonomy, Decided, Judged, Snapshot } from './item.ts'
import type { Recorder } from './record/recorder.ts'

export interface NowDeps extends IngestDeps {
  /** Loads what the snapshot must know of these tenants (settings, models, keys); at once when it knows them. */
  prepare(tenants: ReadonlySet<string>): Promise<void> | null
  snapshot(): Snapshot
  /** Reads again what the machine may do for these tenants. */
  renew(tenants: ReadonlySet<string>): Promise<void>
  readonly recorder: Recorder
  /** Counts what went through, after the commit. */
  observe?(items: readonly (Arrived | Judged | Decided)[], eventResults: readonly EventResult[]): void
  /** Told of what a pod failed on, or what was left undone after a part was done. */
  failed?(error: unknown): void
  /** Counts what could not be read, and therefore is no item. */
  refuse?(refused: readonly Refused[]): void
}

/** An event that is no item, and what its sender is told. */
export interface Refused {
  readonly raw: RawEvent
  readonly result: EventResult
}

/** What has a cap is asked. */
export const withoutRoom = (snapshot: Snapshot): Snapshot => {
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
