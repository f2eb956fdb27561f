import type { Database } from '../../store/db.ts'

/** Under five seconds, so that a replica follows in time even where notifications are lost. */
const pollMs = 4000

/** Calls `onChange` when a model was swapped anywhere, and every few seconds in case the news got lost. */
export async function watchModels(db: Database, onChange: () => Promise<void>): Promise<AsyncDisposable> {
  let client: Awaited<ReturnType<Database['connect']>> | null = null
  let ended = false
  let running: Promise<void> | null = null
  let again = false

  // One look at a time; news that comes meanwhile is looked at afterwards.
  const look = (): void => {
    if (running !== null) {
      again = true
      return
    }
    running = onChange()
      // The database may be away for a while: the model that serves goes on, and the next poll looks again.
      .catch(() => {})
      .finally(() => {
        running = null
        if (!again || ended) return
        again = false
        look()
      })
  }
  const listen = async (): Promise<void> => {
    const opened = await db.connect()
    opened.on('notification', look)
    opened.on('end', () => {
      if (client === opened) client = null
    })
    try {
      await opened.query('listen surety_models')
    } catch (error) {
      await opened.end().catch(() => undefined)
      throw error
    }
    client = opened
  }
  // A database that answers slowly must not be given a new connection with every poll, nor one that nobody ends.
  let connecting: Promise<void> | null = null
  await listen()
  const timer = setInterval(() => {
    if (client === null)
      connecting ??= listen()
        .catch(() => {})
        .finally(() => {
          connecting = null
        })
    look()
  }, pollMs)
  timer.unref()
  return {
    async [Symbol.asyncDispose]() {
      ended = true
      clearInterval(timer)
      await connecting
      await running
      await client?.end()
    },
  }
}
