/** What the LATER half of the line needs, handed in: the clock is whoever's clock it is. */
export interface LaterOptions {
  /** Tenants with acts that are due by now, wherever they were decided. */
  due(at: Date): Promise<readonly string[]>
  /** Performs some of one tenant's acts in one transaction. @returns true: there may be more */
  perform(tenant: string, at: Date): Promise<boolean>
  readonly now: () => Date
  readonly onError: (error: unknown) => void
  /** Tenants served at once, each by one transaction at a time. */
  readonly abreast?: number
}

/** The LATER half of the line: what was committed is done, once, by whichever process comes first. */
export interface Later {
  /** Acts of these tenants were committed just now. */
  wake(tenants: Iterable<string>): void
  /** Looks for what nobody was woken for: what another process left behind, and what was to wait. Throws when it cannot look. */
  sweep(): Promise<void>
  /** Resolves when everything that was woken has been served; nothing more is taken in. What is left, the next start finds. */
  drain(): Promise<void>
}

export function createLater(deps: LaterOptions): Later {
  const { abreast = 2 } = deps
  const waiting = new Set<string>()
  const running = new Map<string, Promise<void>>()
  let closed = false
  let sweeping: Promise<void> | null = null

  const pump = (): void => {
    for (const tenant of waiting) {
      if (running.size >= abreast) return
      if (running.has(tenant)) continue
      waiting.delete(tenant)
      running.set(
        tenant,
        serve(tenant).finally(() => {
          running.delete(tenant)
          pump()
        }),
      )
    }
  }
  const serve = async (tenant: string): Promise<void> => {
    try {
      // Behind the others, so that one tenant with much to do keeps nobody waiting.
      if ((await deps.perform(tenant, deps.now())) && !closed) waiting.add(tenant)
    } catch (error) {
      // Nothing was done: the next sweep finds it again.
      deps.onError(error)
    }
  }
  const wake = (tenants: Iterable<string>): void => {
    if (closed) return
    for (const tenant of tenants) waiting.add(tenant)
    pump()
  }
  const look = async (): Promise<void> => wake(await deps.due(deps.now()))

  return {
    wake,
    sweep() {
      if (closed) return Promise.resolve()
      sweeping ??= look().finally(() => {
        sweeping = null
      })
      return sweeping
    },
    async drain() {
      closed = true
      await sweeping?.catch(() => undefined)
      while (running.size > 0) await Promise.all(running.values())
    },
  }
}
