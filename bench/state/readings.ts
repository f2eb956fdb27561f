import { randomUUID } from 'node:crypto'
import type { RawEvent } from '@surety/contract'
import { rng } from '@surety/stats'
import { check, reading } from './pod.ts'

export const tenant = 'bench'
export const thermostatCount = 600
export const codeOf = (n: number): string => `T${n % thermostatCount}`
export const targetDegrees = 20

/** What comes next, without end: the thermostats in turn; six in ten readings are warm, three in ten ask. */
export function readingStream(seed = 1): () => RawEvent & { readonly eventId: string; readonly occurredAt: Date } {
  const { uniform } = rng(seed)
  let n = 0
  return () => {
    const degrees = (uniform() < 0.6 ? 31 : targetDegrees) + 2 * uniform() - 1
    return {
      tenant,
      kind: uniform() < 0.3 ? check.name : reading.name,
      eventId: randomUUID(),
      occurredAt: new Date(),
      data: { code: codeOf(n++), celsius: Math.round(degrees * 10) / 10 },
    }
  }
}
