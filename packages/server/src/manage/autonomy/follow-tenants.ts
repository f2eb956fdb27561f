import type { Listener } from '../../runtime/listen.ts'

export interface FollowTenants {
  /** Tenants that this process has in its snapshots. */
  readonly known: () => readonly string[]
  /** Reads one of them again. */
  readonly refresh: (tenant: string) => Promise<void>
  /** A model was swapped at this scope (`*`: for all). */
  readonly onSwap?: (scope: string) => void
  readonly onError: (error: unknown) => void
}

/**
 * Follows what other processes do to the autonomy and the settings of the tenants known here: a stop must arrive in under a
 * second. Without a connection the snapshots renew themselves every few seconds, and a batch decided under an older state is
 * not written.
 */
export function followTenants({ known, refresh, onSwap, onError }: FollowTenants): Listener & AsyncDisposable {
  const looking = new Map<string, Promise<void>>()
  const again = new Set<string>()
  let ended = false

  // One look at a time for each tenant; news that comes meanwhile is looked at afterwards.
  const look = (tenant: string): void => {
    if (ended || !known().includes(tenant)) return
    if (looking.has(tenant)) {
      again.add(tenant)
      return
    }
    const reading = refresh(tenant)
      .catch(onError)
      .finally(() => {
        looking.delete(tenant)
        if (again.delete(tenant)) look(tenant)
      })
    looking.set(tenant, reading)
  }
  const missed = (): void => known().forEach(look)
  // A process of an older version does not say whose settings changed.
  const heard = (tenant: string): void => (tenant === '' ? missed() : look(tenant))
  return {
    channels: {
      surety_autonomy: heard,
      surety_settings: heard,
      surety_models(scope) {
        // The certificates of the model before say nothing of this one.
        if (scope === '*') missed()
        else look(scope)
        onSwap?.(scope)
      },
    },
    missed,
    async [Symbol.asyncDispose]() {
      ended = true
      await Promise.all(looking.values())
    },
  }
}
