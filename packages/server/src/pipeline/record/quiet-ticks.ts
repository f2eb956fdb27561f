import { groupId, type Unknowable } from '@surety/contract'
import type { TickFoldRow } from '../../store/tick-folds.ts'
import type { Decided, Judged } from '../item.ts'

/** Said of an entity at each of its ticks until somebody sets it up or it has a past: no news. */
const standing: ReadonlySet<Unknowable> = new Set(['not_configured', 'insufficient_history'])

/** Nothing was found and nothing asked: its key is all that stays of it, and the version that it made. */
const isQuiet = (item: Judged | (Judged & Decided)): boolean =>
  item.kind.madeHere === true &&
  !('verdict' in item) &&
  item.evaluations.every(({ fired }) => !fired) &&
  item.unknowns.every(({ why }) => standing.has(why))

/** What a batch leaves of its ticks that found nothing: no event, and of those that changed the state of their entity its version. */
export function quietTicks(items: readonly (Judged | (Judged & Decided))[]) {
  const quiet = items.filter(isQuiet)
  const ids = new Set(quiet.map(({ eventId }) => eventId))
  return {
    /** Without those that leave no event. */
    heard: <Of extends { readonly eventId: string }>(all: readonly Of[]): readonly Of[] =>
      ids.size === 0 ? all : all.filter(({ eventId }) => !ids.has(eventId)),
    folds: quiet.filter(({ changed }) => changed).flatMap(foldOf),
  }
}

const foldOf = ({ raw, pod, named, versions, occurredAt, recordedAt }: Judged): readonly TickFoldRow[] =>
  named.map(group => ({
    tenant: raw.tenant,
    pod: pod.name,
    kind: raw.kind,
    group: groupId(group),
    version: versions[groupId(group)]!,
    slot: occurredAt,
    recordedAt,
  }))
