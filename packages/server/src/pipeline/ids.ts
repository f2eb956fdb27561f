import { randomFillSync } from 'node:crypto'
import type { Ids } from './item.ts'

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Time-ordered ids (RFC 9562, version 7): 48 bits of milliseconds, a 12-bit counter within them, then 62 random bits. */
function uuid7(ms: number, counter: number, byte: () => number): string {
  const time = ms.toString(16).padStart(12, '0')
  const random = (count: number): string => {
    let text = ''
    for (let i = 0; i < count; i++) text += hex[byte()]
    return text
  }
  const version = (0x7000 | (counter & 0xfff)).toString(16)
  const variant = hex[0x80 | (byte() & 0x3f)]! + random(1)
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}-${random(6)}`
}

/** @param first of the ids of one millisecond */
function idsFrom(byte: () => number, first = 0): Ids {
  let lastMs = -1
  let counter = 0
  return {
    uuid(now) {
      const ms = now.getTime()
      counter = ms === lastMs ? counter + 1 : first
      lastMs = ms
      return uuid7(ms, counter, byte)
    },
    bits24: () => (byte() << 16) | (byte() << 8) | byte(),
  }
}

/** Ids for a live service: bytes of the system's random source, drawn in bulk. */
export function randomIds(): Ids {
  const pool = new Uint8Array(4096)
  let used = pool.length
  return idsFrom(() => {
    if (used >= pool.length) {
      randomFillSync(pool)
      used = 0
    }
    return pool[used++]!
  })
}

interface Draws {
  /** In [0, 1). */
  uniform(): number
}
interface Forks {
  fork(label: string): Draws
}

/**
 * Ids for the event of this ordinal of a history: the same seed and ordinal give the same ids, whatever batch it walks in
 * and whatever was drawn before. Those of one millisecond are in the order of the events.
 * @param seed of the history
 */
export function seededIds(seed: Forks, ordinal: number): Ids {
  let draw: Draws | null = null
  return idsFrom(() => {
    draw ??= seed.fork(`event ${ordinal}`)
    return Math.floor(draw.uniform() * 256)
  }, ordinal & 0xfff)
}
