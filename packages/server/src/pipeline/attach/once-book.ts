import { type Action, eachSide, groupId, type Once, type Reason } from '@surety/contract'
import type { Bounded, Decided, Judged } from '../item.ts'

/** Something that is done once only within its window, as a batch finds it or does it; times in milliseconds. */
export interface OnceAct {
  readonly group: string
  readonly action: string
  readonly key: string
  /** The event's own time. */
  readonly at: number
  readonly question: string
  /** Empty: it hangs on no case. */
  readonly caseId: string
  /** Of the outcome that counts for it by now, and when that happened; null: there is none. */
  readonly label: 0 | 1 | null
  readonly toldAt: number | null
}

/** One that the batch did. */
export interface TakenOnce extends OnceAct {
  readonly decisionId: string
  readonly until: number
}

type Wanted = Pick<OnceAct, 'group' | 'action' | 'key' | 'at'> & Pick<Once, 'windowMs'>

/** What was done once in the groups that a batch holds, as the batch has left it so far. */
export class OnceBook {
  #acts: readonly OnceAct[]
  /** Of the event that is decided now: whether it will be done is known once it hangs on its case. */
  #intended: readonly Wanted[] = []
  readonly #taken: TakenOnce[] = []

  constructor(done: readonly OnceAct[]) {
    this.#acts = done
  }

  /** Why it is not done another time; null: nothing like it was done within its window. */
  before(item: Bounded, action: Action): Reason | null {
    const wanted = wantedOf(item, action)
    if (wanted === null) return null
    if (this.#intended.some(one => isLike(one, wanted))) return reasonOf(action, false)
    const alike = this.#acts.filter(one => isLike(one, wanted))
    return alike.length === 0 ? null : reasonOf(action, alike.every(isCleared))
  }

  intend(item: Bounded, action: Action): void {
    const wanted = wantedOf(item, action)
    if (wanted !== null) this.#intended = [...this.#intended, wanted]
  }

  /** What an event came to, on its cases: of what it intended, that which is done. */
  take(decided: readonly Decided[]): void {
    this.#intended = []
    for (const item of decided) {
      const { action: name, automatic, decisionId } = item.verdict
      const action = eachSide(item.question.actions).find(one => one.name === name)
      const wanted = automatic && action !== undefined ? wantedOf(item, action) : null
      if (wanted === null) continue
      const { windowMs, ...place } = wanted
      const told = { question: item.question.name, caseId: item.caseId, label: null, toldAt: null }
      const taken = { ...place, ...told, decisionId, until: place.at + windowMs }
      this.#acts = [...this.#acts, taken]
      this.#taken.push(taken)
    }
  }

  /** An outcome of a case, of one question or of all. */
  told(caseId: string, question: string | undefined, label: 0 | 1 | null, at: number): void {
    const speaksOf = (one: OnceAct): boolean =>
      one.caseId === caseId && (question ?? one.question) === one.question && (one.toldAt ?? at) <= at
    this.#acts = this.#acts.map(one => (speaksOf(one) ? { ...one, label, toldAt: at } : one))
  }

  left(): readonly TakenOnce[] {
    return this.#taken
  }
}

/** @throws Error where the event holds no such group: the mistake of who wrote the action */
function wantedOf(item: Bounded & Partial<Pick<Judged, 'own' | 'seen'>>, action: Action): Wanted | null {
  const { look, own, seen } = item
  if (action.once === undefined || look === undefined || own === undefined || seen === undefined) return null
  const { group, key, windowMs } = action.once
  const holder = own.get(group.name)
  if (holder === undefined) throw new Error(`${action.name} is done once in a ${group.name}, and its event holds none`)
  return { group: groupId(holder), action: action.name, key: key(look), at: seen.at, windowMs }
}

const isLike = (one: Pick<OnceAct, 'group' | 'action' | 'key' | 'at'>, wanted: Wanted): boolean =>
  one.group === wanted.group &&
  one.action === wanted.action &&
  one.key === wanted.key &&
  Math.abs(one.at - wanted.at) < wanted.windowMs

/** It was done, and turned out to be nothing. */
const isCleared = ({ label }: OnceAct): boolean => label === 0

const reasonOf = ({ side }: Action, cleared: boolean): Reason =>
  side === 'clear' || cleared ? 'recently_cleared' : 'duplicate'
