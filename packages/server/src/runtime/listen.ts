import { setImmediate } from 'node:timers/promises'
import type { ConnectOptions, Database } from '../store/db.ts'
import { bePresent } from '../store/rate-totals.ts'
import { clockAheadMs } from '../store/server.ts'
import { listenTo } from '../store/tell.ts'
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
  /** How often the connection is asked whether it still lives, and how long it may take: one may break without a word. */
  readonly askMs?: number
  /** A database of which nothing was heard for so long, though it was asked, is away: nobody waits for it any more. */
  readonly silenceMs?: number
  readonly watch?: DatabaseWatch
}

/** Told what asking found. */
export interface DatabaseWatch {
  up(): void
  away(): void
  /** Milliseconds; negative: this process is behind. */
  clockAhead(ms: number): void
}

/** A connection that said nothing for so many times `askMs` is gone. */
const lostAfter = 5
const firstWaitMs = 100
const longestEndMs = 5_000
/** Under five seconds, so that other processes are followed in time even where connections break. */
const longestWaitMs = 4_000

type Client = Awaited<ReturnType<Database['connect']>>

/** The one connection of this process that hears what others commit; it comes back by itself. */
export async function openListen(options: ListenOptions): Promise<Listen> {
  const { db, clock, onError, askMs = 2_000, silenceMs = 5_000, watch } = options
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
    watch?.away()
    void lost.end().catch(() => undefined)
    again()
  }
  const connect = async (options: ConnectOptions = {}): Promise<void> => {
    const opened = await db.connect(options)
    // Whatever it says, it is there.
    db.resume()
    opened.on('notification', ({ channel, payload = '' }) => dispatch(channel, payload))
    opened.on('end', () => lose(opened))
    const begin = async (): Promise<void> => {
      await bePresent(opened)
      // Who is added meanwhile finds no client to ask: whoever came since the last look is asked for too.
      for (let asked = -1; asked < listeners.size; ) {
        asked = listeners.size
        await listenTo(
          opened,
          [...listeners].flatMap(({ channels }) => Object.keys(channels)),
        )
      }
    }
    try {
      const begun = begin()
      if (!(await within(clock, lostAfter * askMs, begun))) throw new Error('the connection for news does not answer')
    } catch (error) {
      void opened.end().catch(() => undefined)
      throw error
    }
    client = opened
    failed = 0
    watch?.up()
  }
  /** Nobody answers: not this connection, not a new one, and on no other was anything heard meanwhile. */
  const noteSilence = (error: unknown): void => {
    const silent = error instanceof Error && error.message === 'timeout expired'
    if (!silent) db.resume()
    else if (db.quietMs() >= silenceMs) db.suspend()
  }
  const again = (): void => {
    if (ended || connecting !== null) return
    waiting?.cancel()
    waiting = clock.after(Math.min(firstWaitMs * 2 ** failed, longestWaitMs), () => {
      connecting = connect({ probe: { waitMs: silenceMs / 2 } })
        .then(() => {
          for (const listener of listeners) listener.missed()
        })
        .catch(error => {
          noteSilence(error)
          // An outage is told once, not with every try.
          if (failed++ === 0) onError(error, 'listen')
        })
        .finally(() => {
          connecting = null
          if (client === null) again()
        })
    })
  }
  /** Where others are answered it has more time: the machine is busy, or this one connection is gone. */
  const answers = async (asked: Client): Promise<boolean> => {
    let alive = false
    const answer = clockAheadMs(asked, clock.now).then(
      ahead => {
        alive = true
        watch?.clockAhead(ahead)
      },
      () => undefined,
    )
    for (let waits = 0; waits < lostAfter; waits++) {
      if (await within(clock, askMs, answer)) return alive
      // This process may have been busy all the while: what came meanwhile is read first.
      await setImmediate()
      if (alive) return true
      if (db.quietMs() >= askMs) return false
    }
    return false
  }
  await connect()
  const asking = every({
    name: 'listen',
    clock,
    everyMs: askMs,
    onError,
    async work() {
      const asked = client
      if (asked !== null && !(await answers(asked))) lose(asked)
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
      if (connecting !== null) await within(clock, longestEndMs, connecting)
      // Its other end may be gone without a word.
      if (client !== null) await within(clock, longestEndMs, client.end())
    },
  }
}
