import type { Database } from '../store/db.ts'

/** Under five seconds, as for models: where a connection broke, whatever was missed is read after this time. */
const pollMs = 4000

export interface AutonomyWatch {
  readonly db: Database
  /** Tenants that this process has in its snapshots. */
  readonly known: () => readonly string[]
  /** Reads one of them again. */
  readonly refresh: (tenant: string) => Promise<void>
  /** A model was swapped at this scope (`*`: for all). */
  readonly onSwap?: (scope: string) => void
  readonly onError: (error: unknown) => void
}

/**
 * Follows what other processes do to the autonomy of the tenants known here: a stop must arrive in under a second. Without
 * a connection the snapshots renew themselves every few seconds, and a batch decided under an older state is not written.
 */
export async function watchAutonomy(watch: AutonomyWatch): Promise<AsyncDisposable> {
  const { db, onError } = watch
  let client: Awaited<ReturnType<Database['connect']>> | null = null
  let connecting: Promise<void> | null = null
  const looking = new Map<string, Promise<void>>()
  const again = new Set<string>()
  let ended = false

  // One look at a time for each tenant; news that comes meanwhile is looked at afterwards.
  const look = (tenant: string): void => {
    if (ended || !watch.known().includes(tenant)) return
    if (looking.has(tenant)) {
      again.add(tenant)
      return
    }
    const reading = watch
      .refresh(tenant)
      .catch(onError)
      .finally(() => {
        looking.delete(tenant)
        if (again.delete(tenant)) look(tenant)
      })
    looking.set(tenant, reading)
  }
  const lookAtAll = (): void => watch.known().forEach(look)

  const listen = async (): Promise<void> => {
    const opened = await db.connect()
    opened.on('notification', ({ channel, payload = '' }) => {
      if (channel === 'surety_autonomy') look(payload)
      else {
        // The certificates of the model before say nothing of this one.
        if (payload === '*') lookAtAll()
        else look(payload)
        watch.onSwap?.(payload)
      }
    })
    opened.on('end', () => {
      if (client === opened) client = null
    })
    try {
      await opened.query('listen surety_autonomy; listen surety_models')
    } catch (error) {
      await opened.end().catch(() => undefined)
      throw error
    }
    client = opened
  }
  await listen()
  const timer = setInterval(() => {
    if (client !== null) return
    connecting ??= listen()
      .then(lookAtAll)
      .catch(() => {})
      .finally(() => {
        connecting = null
      })
  }, pollMs)
  timer.unref()
  return {
    async [Symbol.asyncDispose]() {
      ended = true
      clearInterval(timer)
      await connecting
      await Promise.all(looking.values())
      await client?.end()
    },
  }
}
