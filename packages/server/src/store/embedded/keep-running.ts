import { EmbeddedError, reasonOf } from './embedded-error.ts'
import { startMark } from './process-state.ts'

export interface KeptOptions {
  readonly pid: number
  /** Clears away what is left of it and starts it anew. */
  again(): Promise<number>
  /** Of a server that had ended: `null` when it runs again, else why this try failed. */
  readonly onDeath?: ((failed: Error | null) => void) | undefined
  /** Done now and then while it runs. */
  tidy(): Promise<unknown>
  readonly everyMs?: number
  /** The first wait after a start that failed. */
  readonly retryMs?: number
}

export interface Kept {
  /** The server's process at present. */
  pid(): number
  /** Resolves when it is given up: it ended too often, or cannot be started any more. */
  readonly lost: Promise<EmbeddedError>
  /** From now on it may end. Waits for a start that is under way. */
  leave(): Promise<void>
}

/** On Linux a look reads one small file, elsewhere it runs a program. */
const usualMs = process.platform === 'linux' ? 500 : 5_000
const looksPerTidying = 20
/** Starts that fail one after another; the waits between them double from one second on. */
const mostTries = 5
/** A server that ends this often within ten minutes has a cause that no start mends. */
const mostDeaths = 5
const recentMs = 10 * 60_000

/**
 * Starts the server again when it has ended though nobody stopped it: killed for want of memory, or by hand. What it had
 * acknowledged is on its disk.
 */
export async function keepRunning(options: KeptOptions): Promise<Kept> {
  const { again, onDeath, tidy, everyMs = usualMs, retryMs = 1_000 } = options
  const lost = Promise.withResolvers<EmbeddedError>()
  let deaths: number[] = []
  let { pid } = options
  let mark = await startMark(pid)
  let left = false
  let looks = 0
  let looking: Promise<void> | null = null
  let timer: NodeJS.Timeout

  const startAnew = async (): Promise<boolean> => {
    for (let tries = 1; !left; tries++) {
      try {
        pid = await again()
        mark = await startMark(pid)
        onDeath?.(null)
        return true
      } catch (error) {
        onDeath?.(error instanceof Error ? error : new Error(reasonOf(error)))
        if (tries === mostTries) {
          giveUp(
            `cannot be started again: ${error instanceof EmbeddedError ? error.message : `${reasonOf(error)}.`}`,
            error,
          )
          return false
        }
        await new Promise(resolve => setTimeout(resolve, retryMs * 2 ** (tries - 1)))
      }
    }
    return false
  }
  const giveUp = (why: string, cause?: unknown): void =>
    lost.resolve(new EmbeddedError('start_failed', `The embedded PostgreSQL has ended and ${why}`, cause))
  const look = async (): Promise<void> => {
    if (mark !== undefined && (await startMark(pid)) === mark) {
      if (++looks % looksPerTidying === 0) await tidy().catch(() => undefined)
    } else if (!left) {
      const now = performance.now()
      deaths = [...deaths.filter(at => now - at < recentMs), now]
      if (deaths.length > mostDeaths) return giveUp(`did so ${deaths.length} times within ten minutes.`)
      if (!(await startAnew())) return
    }
    next()
  }
  const next = (): void => {
    if (left) return
    timer = setTimeout(() => {
      looking = look().finally(() => {
        looking = null
      })
    }, everyMs)
    // Whoever has nothing else to do may end.
    timer.unref()
  }
  next()
  return {
    pid: () => pid,
    lost: lost.promise,
    async leave() {
      left = true
      clearTimeout(timer)
      await looking
    },
  }
}
