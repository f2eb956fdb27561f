import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { canonical, type Json, type Pod, type StateKind } from '@surety/contract'
import { deepFreeze } from './deep-freeze.ts'

/** The same pod, whose folds are held to what is expected of them at every event that they see. */
export const withCheckedState = (pod: Pod): Pod => ({ ...pod, state: pod.state.map(kind => checked(kind, pod.name)) })

const same = (one: unknown, other: unknown): boolean => canonical(one as Json) === canonical(other as Json)

function checked(kind: StateKind, pod: string): StateKind {
  const held = (good: boolean, sentence: string) => assert.ok(good, `${pod}, the state ${kind.name}: ${sentence}`)
  return {
    ...kind,
    fold(value, x) {
      const before = deepFreeze(value)
      const after = kind.fold(before, x)
      held(isDeepStrictEqual(JSON.parse(JSON.stringify(after)), after), 'a fold gives what is no plain JSON')
      held(same(kind.fold(before, x), after), 'a fold of the same gives another value the second time')
      if (same(before, after))
        held(after === before, 'a fold that changes nothing gives the same value back, or it is written again')
      for (const at of [x.event.at - 1, x.event.at, x.event.at + 1]) {
        assertSplit(kind, after, at, held)
        assertLinked(kind, after, at, held)
      }
      return after
    },
  }
}

type Held = (good: boolean, sentence: string) => void

/** What is linked as of a moment is one of all that are held. */
function assertLinked({ link }: StateKind, value: unknown, at: number, held: Held): void {
  const key = link?.at(value, at) ?? null
  if (link === null || key === null) return
  held(link.all(value).includes(key), `it points to the ${link.to.name} ${key} as of a moment, and not among all`)
}

function assertSplit(kind: StateKind, value: unknown, at: number, held: Held): void {
  const before = kind.before(value, at)
  const after = kind.after(value, at)
  held(same(kind.before(value, Number.MAX_SAFE_INTEGER), value), 'all of it was before the end of time')
  held(same(kind.before(kind.before(value, at + 1), at), before), 'before of what was before later is the same')
  held(same(kind.after(kind.after(value, at - 1), at), after), 'after of what came after earlier is the same')
  for (const [name, list] of timed(value)) {
    held(
      same(
        listOf(before, name),
        list.filter(one => one.at < at),
      ),
      'before gives what happened strictly before',
    )
    held(
      same(
        listOf(after, name),
        list.filter(one => one.at > at),
      ),
      'after gives what happened strictly after',
    )
  }
}

interface Timed {
  readonly at: number
}
const listOf = (value: unknown, name: string): unknown => (value as { readonly [name: string]: unknown })[name] ?? []

/** Lists of entries with times of their own in a value, by their names. */
function timed(value: unknown): readonly (readonly [string, readonly Timed[]])[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).filter((one): one is [string, Timed[]] => {
    const list: unknown = one[1]
    return Array.isArray(list) && list.length > 0 && list.every((entry: Partial<Timed>) => Number.isFinite(entry?.at))
  })
}
