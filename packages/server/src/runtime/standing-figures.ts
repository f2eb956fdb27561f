import { setTimeout } from 'node:timers/promises'
import type { Loops } from './loops.ts'

export interface StandingFigures extends AsyncDisposable {
  /**
   * Adds something that is read now and then; it keeps what it found until the next time.
   * @param every at every so many-th turn only; left out: at every turn
   */
  add(read: () => Promise<void>, every?: number): void
  /** Reads all of them now. */
  refresh(): Promise<void>
  /** The same, and waits at most so long: they come when they come. */
  begin(patienceMs: number): Promise<void>
}

const everyMs = 15_000

/**
 * Reads the figures that lie in the database beside the scrapes and not in them: a scrape answers from memory, as fast with a
 * million cases as with none and also while the database is away, which is when it is needed most. What cannot be read stays
 * as it was and is told.
 */
export function standingFigures(
  every: Loops['every'],
  onError: (error: unknown, task?: string) => void,
): StandingFigures {
  const reads: { readonly read: () => Promise<void>; readonly every: number }[] = []
  let running: Promise<void> | null = null
  let turn = 0
  const readAll = async (now: number | null): Promise<void> => {
    for (const { read, every } of reads)
      if (now === null || now % every === 0) await read().catch(error => onError(error, 'metrics'))
  }
  const look = (now: number | null): Promise<void> =>
    (running ??= readAll(now).finally(() => {
      running = null
    }))
  const read = () => look(null)
  // What was asked for while a reading was under way may not be in it.
  const refresh = () => (running === null ? read() : running.then(read))
  const loop = every({
    name: 'figures',
    everyMs,
    async work() {
      // A turn that falls into a long reading is none: whose turn it was would wait for the next but many.
      if (running === null) await look(++turn)
    },
  })
  return {
    add: (read, every = 1) => void reads.push({ read, every }),
    refresh,
    async begin(patienceMs) {
      const patience = new AbortController()
      const waited = setTimeout(patienceMs, undefined, { signal: patience.signal }).catch(() => undefined)
      await Promise.race([refresh(), waited])
      patience.abort()
    },
    async [Symbol.asyncDispose]() {
      await loop[Symbol.asyncDispose]()
      await running
    },
  }
}
