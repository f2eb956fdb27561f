import type { RawEvent } from '@surety/contract'
import type { Arrival } from '../../pipeline/item.ts'
import { fix, handover, punch } from './pod.ts'

/** Whose events they are. */
export const tenant = 'acme'
/** When the first of them is recorded; each a second after the one before. */
export const startsAt = new Date('2027-01-15T08:00:00Z')

/** Numbers in [0, 1), the same for the same seed. */
export function seeded(seed: number): () => number {
  let at = seed >>> 0
  return () => {
    at = (at + 0x6d2b79f5) >>> 0
    let mix = Math.imul(at ^ (at >>> 15), at | 1)
    mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61)
    return ((mix ^ (mix >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Events of 12 devices, 8 people and 3 sites; one in ten comes late, and a few are refused. */
export function shift(count: number, random: () => number): readonly Arrival[] {
  return Array.from({ length: count }, (_, index): Arrival => {
    const at = new Date(startsAt.getTime() + index * 1000)
    const late = random() < 0.1 ? Math.floor(random() * 60_000) : 0
    return {
      raw: { ...drawn(random), tenant, eventId: `e${index}`, occurredAt: new Date(at.getTime() - late) },
      at,
      startedMs: 0,
    }
  })
}

function drawn(random: () => number): Pick<RawEvent, 'kind' | 'data'> {
  const one = (what: string, of: number): string => `${what}${Math.floor(random() * of)}`
  const failing = random() < 0.05 ? { fails: random() < 0.5 ? 'fold' : 'feature' } : {}
  const of = random()
  // Nothing is asked of a handover, so no feature of it can fail.
  if (of < 0.15) return { kind: handover.name, data: { device: one('D', 12), person: one('P', 8) } }
  if (of > 0.4) return { kind: fix.name, data: { device: one('D', 12), speed: Math.floor(random() * 12) } }
  return {
    kind: punch.name,
    data: { person: one('P', 8), site: one('S', 3), way: random() < 0.7 ? 'in' : 'out', ...failing },
  }
}

export const isRefused = ({ raw }: Arrival): boolean => 'fails' in (raw.data as object)

/** Of two processes one has these events, the other one those: each its own share of what comes. One in sixteen comes to both. */
export const shareOf = (events: readonly Arrival[], who: number): readonly Arrival[] =>
  events.filter((_, n) => {
    const mixed = Math.imul(n + 1, 0x9e3779b1) >>> 0
    return mixed >>> 31 === who || ((mixed >>> 20) & 15) === 0
  })
