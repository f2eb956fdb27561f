import { type GroupKey, groupId, type Pod, type StateKind } from '@surety/contract'
import type { Stateful } from '../item.ts'
import type { Memory } from './memory.ts'
import { standingOn } from './standing.ts'

/** Where an event stands: its own groups, at most one of each name, and others that its groups are linked to. All are held. */
export interface Place {
  readonly own: ReadonlyMap<string, GroupKey>
  readonly beside: readonly GroupKey[]
}

/**
 * The groups that it names, and those that rows of them point to: as of its own time where it names none.
 * @throws NotHeld; Error where a row points to one as of a moment only: the mistake of who wrote the kind
 */
export function place({ named, seen, pod }: Stateful, memory: Memory): Place {
  const own = new Map(named.map(key => [key.group.name, key]))
  const linked: GroupKey[] = []
  for (const kind of standingOn(pod, seen.kind).follows) {
    const { link } = kind
    const from = own.get(kind.group.name)
    if (link === null || from === undefined) continue
    const value = memory.row(groupId(from), kind, '')
    const all = link.all(value)
    const to = own.has(link.to.name) ? null : link.to.of(link.at(value, seen.at))
    if (to !== null && !all.includes(to.key)) throw new Error(outside(pod, kind, groupId(to)))
    if (to !== null) own.set(link.to.name, to)
    for (const key of all) linked.push({ group: link.to, key })
  }
  const beside = linked.filter(key => own.get(key.group.name)?.key !== key.key)
  for (const key of own.values()) memory.group(groupId(key))
  for (const key of beside) memory.group(groupId(key))
  return { own, beside: apart(beside) }
}

/** What is not among all that a row points to is not held with it, however often the batch comes again. */
const outside = (pod: Pod, kind: StateKind, group: string): string =>
  `The pod ${pod.name}: the state ${kind.name} points to ${group} as of a moment, and not among all that it points to.`

/** Each group once. */
const apart = (keys: readonly GroupKey[]): readonly GroupKey[] =>
  keys.length < 2 ? keys : [...new Map(keys.map(key => [groupId(key), key])).values()]
