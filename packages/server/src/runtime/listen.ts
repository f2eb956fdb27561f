import type { Database } from '../store/db.ts'
import { bePresent } from '../store/rate-totals.ts'
import { ask, listenTo } from '../store/tell.ts'
import type { Clock, Timer } from './clock.ts'
import { every } from './loop.ts'
import { within } from './within.ts'

/** Follows news between processes. All are called at once and must not throw; what takes long is begun and not waited for. */
export interface Listener {
  /** By the name of the channel, called with what is said there. */
  readonly channels: { readonly [channel: string]: (payload: string) => void }
  /** The connection was away for a while: anything may have been said meanwhile. */
  missed(): void
}

export interface Listen extends AsyncDisposable {
  /** Resolves when everything is heard that is committed from now on; without a connection at once, and `missed` follows. */
  add(listener: Listener): Promise<void>
}

export interface ListenOptions {
  readonly db: Database
  readonly clock: Clock
  readonly onError: (error: unknown, task?: string) => void
  /** How often the connection is asked whether it still lives: one may break without a word. */
  readonly askMs?: number
}

const firstWaitMs = 100
const longestEndMs = 5_000
/** Under five seconds, so that other processes are followed in time even where connections break. */
const longestWaitMs = 4_000

type Client = Awaited<ReturnType<Database['connect']>>

/** The one connection of this process that hears what others commit; it comes back by itself. */
export async function openListen(options: ListenOptions): Promise<Listen> {
  const { db, clock, onError, askMs = 10_000 } = options
  const listeners = new Set<Listener>()
  let client: Client | null = null
  let connecting: Promise<void> | null = null
  let waiting: Timer | null = null
  let failed = 0
  let ended = false

  const dispatch = (channel: string, payload: string): void => {
    for (const { channels } of listeners) channels[channel]?.(payload)
  }
  const lose = (lost: Client): void => {
    if (client !== lost) return
    client = null
    void lost.end().catch(() => undefined)
    again()
  }
  const connect = async (): Promise<void> => {
    const opened = await db.connect()
    opened.on('notification', ({ channel, payload = '' }) => dispatch(channel, payload))
    opened.on('end', () => lose(opened))
    try {
      await bePresent(opened)
      // Who is added meanwhile finds no client to ask: whoever came since the last look is asked for too.
      for (let asked = -1; asked < listeners.size; ) {
        asked = listeners.size
        await listenTo(
          opened,
          [...listeners].flatMap(({ channels }) => Object.keys(channels)),
        )
      }
    } catch (error) {
      await opened.end().catch(() => undefined)
      throw error
    }
    client = opened
    failed = 0
  }
  const again = (): void => {
    if (ended || connecting !== null) return
    waiting?.cancel()
    waiting = clock.after(Math.min(firstWaitMs * 2 ** failed, longestWaitMs), () => {
      connecting = connect()
        .then(() => {
          for (const listener of listeners) listener.missed()
        })
        .catch(error => {
          // An outage is told once, not with every try.
          if (failed++ === 0) onError(error, 'listen')
        })
        .finally(() => {
          connecting = null
          if (client === null) again()
        })
    })
  }
  await connect()
  const asking = every({
    name: 'listen',
    clock,
    everyMs: askMs,
    onError,
    async work() {
      const asked = client
      if (asked !== null && !(await answers(asked, clock, askMs))) lose(asked)
    },
  })
  return {
    async add(listener) {
      listeners.add(listener)
      const asked = client
      if (asked !== null) await listenTo(asked, Object.keys(listener.channels)).catch(() => lose(asked))
    },
    async [Symbol.asyncDispose]() {
      ended = true
      waiting?.cancel()
      await asking[Symbol.asyncDispose]()
      await connecting
      // Its other end may be gone without a word.
      if (client !== null) await within(clock, longestEndMs, client.end())
    },
  }
}

/** A connection whose other end is gone without a word would wait for ever. */
async function answers(client: Client, clock: Clock, ms: number): Promise<boolean> {
  let alive = false
  const asked = ask(client).then(
    () => {
      alive = true
    },
    () => undefined,
  )
  return (await within(clock, ms, asked)) && alive
}
