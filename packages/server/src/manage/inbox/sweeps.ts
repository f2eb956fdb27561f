/** One sweep of one tenant at a time; nobody waits for it. */
export function sweepsOf(
  sweep: (tenant: string, signal: AbortSignal) => Promise<void>,
  onError: (error: unknown, task?: string) => void,
): AsyncDisposable & { wake(tenant: string): void } {
  const stop = new AbortController()
  const waiting = new Set<string>()
  let running: Promise<void> | null = null
  const work = async (): Promise<void> => {
    for (const tenant of waiting) {
      waiting.delete(tenant)
      try {
        await sweep(tenant, stop.signal)
      } catch (error) {
        if (stop.signal.aborted) return
        onError(error, 'inbox-sweep')
      }
    }
  }
  const start = (): void => {
    running ??= work().finally(() => {
      running = null
      // Woken after the last look at what waits: nobody else would begin.
      if (waiting.size > 0 && !stop.signal.aborted) start()
    })
  }
  return {
    wake(tenant) {
      if (stop.signal.aborted) return
      waiting.add(tenant)
      start()
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}
