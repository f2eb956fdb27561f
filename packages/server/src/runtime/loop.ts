import type { Clock, Timer } from './clock.ts'
import { within } from './within.ts'

export interface LoopOptions {
  readonly name: string
  readonly clock: Pick<Clock, 'after'>
  readonly everyMs: number
  work(): Promise<unknown>
  /** Told of every failure; the loop goes on. */
  readonly onError: (error: unknown, loop: string) => void
  /** The longest wait after failures that follow each other. */
  readonly mostMs?: number
  /** Aborted: no turn begins any more. */
  readonly signal?: AbortSignal
}

/** How long closing waits for a turn: one that hangs holds up no stop. */
const longestEndMs = 5_000

export interface Loop extends AsyncDisposable {
  /** Now, or once more after the turn that is under way: what is told meanwhile may not have been seen by it. */
  wake(): void
}

/**
 * Does its work again and again, never twice at once. A turn that throws is told, and the next one comes later each time,
 * up to `mostMs`; being woken does not wait. Closing waits five seconds at most for the turn that is under way.
 */
export function every(options: LoopOptions): Loop {
  const { name, clock, everyMs, work, onError, signal } = options
  const mostMs = Math.max(options.mostMs ?? 30_000, everyMs)
  let timer: Timer | null = null
  let running: Promise<void> | null = null
  let again = false
  let failed = 0
  let ended = false

  const turn = async (): Promise<void> => {
    try {
      await work()
      failed = 0
    } catch (error) {
      failed++
      onError(error, name)
    }
  }
  const wake = (): Promise<void> | undefined => {
    if (ended) return
    if (running !== null) {
      again = true
      return
    }
    timer?.cancel()
    running = turn().finally(() => {
      running = null
      if (ended) return
      if (again) {
        again = false
        void wake()
      } else timer = clock.after(Math.min(everyMs * 2 ** failed, mostMs), wake)
    })
    return running
  }
  const end = (): void => {
    ended = true
    timer?.cancel()
    signal?.removeEventListener('abort', end)
  }
  timer = clock.after(everyMs, wake)
  if (signal?.aborted) end()
  else signal?.addEventListener('abort', end)
  return {
    wake: () => void wake(),
    async [Symbol.asyncDispose]() {
      end()
      if (running !== null) await within(clock, longestEndMs, running)
    },
  }
}
