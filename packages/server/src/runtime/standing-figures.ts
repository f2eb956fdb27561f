export interface StandingFigures extends AsyncDisposable {
  /**
   * Adds something that is read now and then; it keeps what it found until the next time.
   * @param every at every so many-th turn only; left out: at every turn
   */
  add(read: () => Promise<void>, every?: number): void
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
  const reads: { readonly read: () => Promise<void>; readonly every: number }[] = []
  let running: Promise<void> | null = null
  let turn = 0
  const readAll = async (all: boolean): Promise<void> => {
    for (const { read, every } of reads)
      if (all || turn % every === 0) await read().catch(error => onError(error, 'metrics'))
  }
  const look = (all: boolean): Promise<void> =>
    (running ??= readAll(all).finally(() => {
      running = null
    }))
  const refresh = () => look(true)
  const timer = setInterval(() => {
    turn++
    void look(false)
  }, everyMs)
  timer.unref()
  return {
    add: (read, every = 1) => void reads.push({ read, every }),
    // What was asked for while a reading was under way may not be in it.
    refresh: () => (running === null ? refresh() : running.then(refresh)),
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await running
    },
  }
}
