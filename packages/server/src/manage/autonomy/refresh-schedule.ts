interface RefreshScheduleOptions {
  /** false: somebody else says when. Left out: it looks by itself. */
  readonly byItself?: () => boolean
  readonly look: (tenant: string) => Promise<void>
  readonly onError: (error: unknown, task?: string) => void
  /** How long a look waits for more labels. */
  readonly waitMs?: number
}

/** New labels of one tenant that are worth a look. */
export const labelsWorthALook = 50

export interface RefreshSchedule extends AsyncDisposable {
  /** One more label of this tenant. */
  labelled(tenant: string): void
  /** As soon as the looks before it are done. */
  soon(tenant: string): void
}

/** Looks at the evidence of one tenant after the other: soon after many labels came, and once for all that came meanwhile. */
export function refreshSchedule({
  look,
  onError,
  waitMs = 30_000,
  byItself = () => true,
}: RefreshScheduleOptions): RefreshSchedule {
  const counts = new Map<string, number>()
  const timers = new Map<string, NodeJS.Timeout>()
  const queue = new Set<string>()
  let running: Promise<void> | null = null
  let ended = false

  const run = async (): Promise<void> => {
    for (const tenant of queue) {
      if (ended) return
      queue.delete(tenant)
      await look(tenant).catch(error => onError(error, 'certificates'))
    }
  }
  const soon = (tenant: string): void => {
    if (ended || !byItself()) return
    queue.add(tenant)
    running ??= run().finally(() => {
      running = null
      for (const late of queue) soon(late)
    })
  }
  return {
    soon,
    labelled(tenant) {
      if (!byItself()) return
      const count = (counts.get(tenant) ?? 0) + 1
      counts.set(tenant, count)
      if (count < labelsWorthALook || timers.has(tenant) || ended) return
      const timer = setTimeout(() => {
        timers.delete(tenant)
        counts.delete(tenant)
        soon(tenant)
      }, waitMs)
      timer.unref()
      timers.set(tenant, timer)
    },
    async [Symbol.asyncDispose]() {
      ended = true
      for (const timer of timers.values()) clearTimeout(timer)
      await running
    },
  }
}
