import type { Action } from '@surety/contract'
import type { AutonomyState } from '../manage/autonomy/load-autonomy.ts'
import type { Decided } from '../pipeline/item.ts'
import type { Settle } from '../pipeline/record/record.ts'

const hourMs = 3_600_000

/** Places of one action and hour that the database may not have counted when it was last read. */
interface Places {
  /** Of batches that are being written. */
  underWay: number
  /** Written since, by the turn at which each batch was. */
  written: { readonly turn: number; readonly places: number }[]
}

/** What this process has taken of the caps of each hour, on top of what the database says. */
export interface Caps {
  /** To be asked for before a state is read: what is written from then on may be missing in it. */
  turn(): number
  /** A state was read that began at this turn: what was written before is counted in it. */
  forget(tenant: string, turn: number): void
  /**
   * What the hour has left. Several processes together may pass the cap by what they did in the seconds between two
   * readings; what was written while a state was read may be counted twice until the next reading. Of an hour before that
   * of the state nothing is known any more: it has nothing left.
   */
  room(tenant: string, pod: string, state: AutonomyState, action: Action, at: Date): number
  /** Takes a place for each of these decisions, or none when there is not room for all. */
  take(stateOf: (tenant: string, pod: string) => AutonomyState | undefined, decided: readonly Decided[]): Settle | null
}

const hourOf = (at: Date): number => Math.floor(at.getTime() / hourMs) * hourMs
const placeOf = (pod: string, action: string, at: Date): string => `${pod}\n${action}\n${hourOf(at)}`

export function createCaps(): Caps {
  const tenants = new Map<string, Map<string, Places>>()
  let turns = 0

  const room: Caps['room'] = (tenant, pod, state, action, at) => {
    if (action.capPerHour === null) return Number.POSITIVE_INFINITY
    if (hourOf(at) < state.hour) return 0
    const counted = hourOf(at) === state.hour ? (state.acts.get(action.name) ?? 0) : 0
    const places = tenants.get(tenant)?.get(placeOf(pod, action.name, at))
    const written = places?.written.reduce((sum, batch) => sum + batch.places, 0) ?? 0
    return action.capPerHour - counted - written - (places?.underWay ?? 0)
  }
  const placesOf = (item: Decided): Places => {
    let mine = tenants.get(item.raw.tenant)
    if (mine === undefined) {
      mine = new Map()
      tenants.set(item.raw.tenant, mine)
    }
    const key = placeOf(item.pod.name, item.verdict.action, item.recordedAt)
    let places = mine.get(key)
    if (places === undefined) {
      places = { underWay: 0, written: [] }
      mine.set(key, places)
    }
    return places
  }
  const settle = (taken: ReadonlyMap<Decided, Places>, notWritten: readonly Decided[]): void => {
    const written = new Map<Places, number>()
    for (const [item, places] of taken) {
      places.underWay--
      if (!notWritten.includes(item)) written.set(places, (written.get(places) ?? 0) + 1)
    }
    if (written.size === 0) return
    const turn = ++turns
    for (const [places, count] of written) places.written.push({ turn, places: count })
  }

  return {
    turn: () => turns,
    forget(tenant, turn) {
      const mine = tenants.get(tenant)
      if (mine === undefined) return
      for (const [key, places] of mine) {
        places.written = places.written.filter(batch => batch.turn > turn)
        if (places.underWay === 0 && places.written.length === 0) mine.delete(key)
      }
      if (mine.size === 0) tenants.delete(tenant)
    },
    room,
    take(stateOf, decided) {
      const taken = new Map<Decided, Places>()
      for (const item of decided) {
        const { tenant } = item.raw
        const state = stateOf(tenant, item.pod.name)
        const action = state && [state.budgets.act, state.budgets.clear].find(one => one.name === item.verdict.action)
        if (
          state === undefined ||
          action === undefined ||
          room(tenant, item.pod.name, state, action, item.recordedAt) < 1
        ) {
          settle(taken, decided)
          return null
        }
        const places = placesOf(item)
        places.underWay++
        taken.set(item, places)
      }
      return notWritten => settle(taken, notWritten)
    },
  }
}
