export interface StandingFigures extends AsyncDisposable {
  /** Adds something that is read now and then; it keeps what it found until the next time. */
  add(read: () => Promise<void>): void
  /** Reads all of them now. */
  refresh(): Promise<void>
}

const everyMs = 15_000

/**
 * Reads the figures that lie in the database beside the scrapes and not in them: a scrape answers from memory, as fast with a
 * million leads as with none and also while the database is away, which is when it is needed most. What cannot be read stays
 * as it was and is told.
 */
export function standingFigures(onError: (error: unknown, task?: string) => void): StandingFigures {
  const reads: (() => Promise<void>)[] = []
  let running: Promise<void> | null = null
  const readAll = async (): Promise<void> => {
    for (const read of reads) await read().catch(error => onError(error, 'metrics'))
  }
  const refresh = (): Promise<void> =>
    (running ??= readAll().finally(() => {
      running = null
    }))
  const timer = setInterval(() => void refresh(), everyMs)
  timer.unref()
  return {
    add: read => void reads.push(read),
    // What was asked for while a reading was under way may not be in it.
    refresh: () => (running === null ? refresh() : running.then(refresh)),
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await running
    },
  }
}
