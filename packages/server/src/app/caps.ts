import type { Action } from '@surety/contract'
import type { ActCountRow, PlaceRow } from '../store/act-counts.ts'

/**
 * What is taken of the caps of each hour, as far as this process knows. It only spares a batch the refusal: the statement that
 * writes it takes the places, and refuses what does not fit.
 */
export interface Caps {
  /** The counts that the database says take the place of all that was known of a tenant. */
  read(tenant: string, counts: readonly ActCountRow[]): void
  /** Counts of some places, beside what else is known. */
  readSome(counts: readonly ActCountRow[]): void
  /** What the hour has left; of an hour that nobody counted, all. */
  room(tenant: string, pod: string, action: Action, at: Date): number
  /**
   * Before a batch is written: the places it would take.
   * @returns to be called once it was, with `tenant\nevent_id` of what was not. What was read meanwhile may hold it already, and
   * is left as it is.
   */
  writing(places: readonly PlaceRow[]): (refused: ReadonlySet<string>) => void
}

const hourMs = 3_600_000
const keyOf = (pod: string, action: string, hour: number): string => `${pod}\n${action}\n${hour}`
const keyOfRow = ({ pod, action, hour }: Pick<ActCountRow, 'pod' | 'action' | 'hour'>): string =>
  keyOf(pod, action, hour.getTime())

export function createCaps(): Caps {
  const tenants = new Map<string, Map<string, number>>()
  return {
    read(tenant, counts) {
      tenants.set(tenant, new Map(counts.map(row => [keyOfRow(row), row.acts])))
    },
    readSome(counts) {
      for (const tenant of new Set(counts.map(row => row.tenant))) {
        const read = counts.filter(row => row.tenant === tenant).map(row => [keyOfRow(row), row.acts] as const)
        tenants.set(tenant, new Map([...(tenants.get(tenant) ?? []), ...read]))
      }
    },
    room(tenant, pod, action, at) {
      if (action.capPerHour === null) return Number.POSITIVE_INFINITY
      const hour = Math.floor(at.getTime() / hourMs) * hourMs
      return action.capPerHour - (tenants.get(tenant)?.get(keyOf(pod, action.name, hour)) ?? 0)
    },
    writing(places) {
      const before = new Map(places.map(({ tenant }) => [tenant, tenants.get(tenant)]))
      return refused => {
        for (const place of places) {
          const counts = before.get(place.tenant)
          if (counts === undefined || refused.has(`${place.tenant}\n${place.eventId}`)) continue
          counts.set(keyOfRow(place), (counts.get(keyOfRow(place)) ?? 0) + 1)
        }
      }
    },
  }
}
