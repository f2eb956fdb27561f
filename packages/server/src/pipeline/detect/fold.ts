import { type Event, type Folding, type Group, type GroupKey, groupId, type StateKind } from '@surety/contract'
import type { Judged, Stateful } from '../item.ts'
import type { Detected } from './detect.ts'
import type { Memory } from './memory.ts'
import type { Place } from './place.ts'
import { standingOn } from './standing.ts'

/** What a fold may look at, of the group whose row it is. */
export const foldingOf = (
  event: Event,
  own: ReadonlyMap<string, GroupKey>,
  here: string,
  { evaluations, unknowns }: Detected,
): Folding<Event> => ({
  event,
  here,
  seen: evaluations,
  unknowns,
  key: (group: Group) => own.get(group.name)?.key ?? null,
})

/**
 * Last of all: what the event itself leaves behind is never seen by its own judgement.
 * @returns by id the versions of all groups that it held, as it left them, and whether it changed one
 */
export function fold(
  item: Stateful,
  at: Place,
  detected: Detected,
  memory: Memory,
): Pick<Judged, 'versions' | 'changed'> {
  const moved = new Set<string>()
  const all = [...at.own.values(), ...at.beside]
  const holds = (id: string): boolean => all.some(key => groupId(key) === id)
  for (const kind of standingOn(item.pod, item.seen.kind).folds)
    for (const key of intoOf(kind, at)) {
      const x = foldingOf(item.seen, at.own, key.key, detected)
      const bucket = kind.bucket(x)
      if (bucket === null) continue
      const before = memory.row(groupId(key), kind, bucket)
      const after = kind.fold(before, x)
      if (after === before) continue
      memory.set(key, kind, bucket, after, holds)
      moved.add(groupId(key))
    }
  const versions: { [id: string]: number } = {}
  for (const key of all) {
    const id = groupId(key)
    versions[id] = moved.has(id) ? memory.moved(id) : memory.group(id).version
  }
  return { versions, changed: moved.size > 0 }
}

function intoOf({ group, everywhere }: StateKind, { own, beside }: Place): readonly GroupKey[] {
  const mine = own.get(group.name)
  const others = everywhere ? beside.filter(key => key.group.name === group.name) : []
  return mine === undefined ? others : [mine, ...others]
}
