import type { Clock } from './clock.ts'

/** Waits for work that may hang, at most so long. @returns false: it goes on by itself, and nobody hears how it ended */
export async function within(clock: Pick<Clock, 'after'>, ms: number, work: PromiseLike<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const timer = clock.after(ms, () => late.resolve(false))
  try {
    return await Promise.race([work.then(() => true), late.promise])
  } finally {
    timer.cancel()
  }
}
