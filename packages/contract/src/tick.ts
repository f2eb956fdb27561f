import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import type { Entity } from './entity.ts'
import type { Group } from './groups.ts'
import type { JsonObject } from './json.ts'
import { type Kind, kind } from './kind.ts'

const Ticked = Type.Object({
  /** Its id: the key of the group that the tick holds. */
  entity: Type.String({ minLength: 1, maxLength: 200 }),
  /** Milliseconds before the slot in which no tick was run; 0: none was missed. The first of all goes back to 1970. */
  gapMs: Type.Number({ minimum: 0 }),
})
/** What a tick says: its moment is that of its slot. */
export type Tick = Static<typeof Ticked>

/** A kind of events that the line makes itself: one for each entity and slot of the period. */
export interface TickKind<Name extends string = string> extends Kind<Name, Tick> {
  /** Milliseconds from slot to slot, counted from 1970 in UTC. */
  readonly every: number
  readonly entity: Entity
  readonly group: Group
}

const [leastEvery, mostEvery] = [10_000, 86_400_000]
/** Days for which what is left of a tick that found nothing is kept: its id, and the version that it made. */
export const tickDays = 7

/**
 * Declares a tick: silence becomes an event. It holds the group of its entity and no other.
 *
 *   const ticked = tick('site', { every: 300_000, entity: sites, group: site })
 * @throws Error with a sentence for the author of the pod
 */
export function tick<const Name extends string, Row>(
  name: Name,
  { every, entity, group }: { readonly every: number; readonly entity: Entity<Row>; readonly group: Group },
): TickKind<`tick.${Name}`> {
  if (!/^[a-z][a-z_]{0,39}$/.test(name)) throw new Error(`a tick cannot be called ${JSON.stringify(name)}`)
  if (!(Number.isInteger(every) && every >= leastEvery && every <= mostEvery))
    throw new Error(`${name}: the period of a tick is 10 seconds to a day, in whole milliseconds, and not ${every}`)
  const made = kind(`tick.${name}`, {
    schema: Ticked,
    rememberDays: tickDays,
    madeHere: true,
    read(data) {
      const { entity: id, gapMs } = data as Tick
      return { ok: true, event: { subject: id, payload: { entity: id, gapMs } satisfies JsonObject, ignored: [] } }
    },
    groups: data => [group.of(data.entity)],
  })
  return { ...made, every, entity: entity as Entity, group }
}

const longestId = 128

/** The same for the same tick, whichever process makes it. */
export function tickId(kind: string, entity: string, slot: Date): string {
  const around = `${kind}::${slot.toISOString()}`.length
  const fits = around + entity.length <= longestId
  const named = fits ? entity : createHash('sha256').update(entity).digest('hex').slice(0, 32)
  return `${kind}:${named}:${slot.toISOString()}`
}

/** An id as ticks have it: whoever could send one would keep a tick from being heard. */
export const isTickId = (id: string): boolean => /^tick\.[a-z_]+:/.test(id)
