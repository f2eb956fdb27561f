import { setTimeout as wait } from 'node:timers/promises'

export interface LeaseOptions {
  readonly leaseMs: number
  /** For another `leaseMs` from now. false: somebody else has it. */
  keep(): Promise<boolean>
  /** Somebody else has it, or may have it: nothing was heard of the database for as long as the lease lasts. */
  onLost(): void
}

const beatsPerLease = 4
const longestEndMs = 5_000
/** Timers are a little early or late. */
const earlyMs = 5

/**
 * Keeps what was taken while this lives. The lease runs by the clock of the database, so processes whose clocks differ agree; no
 * connection is held between two beats.
 */
export function keepLease({ leaseMs, keep, onLost }: LeaseOptions): AsyncDisposable {
  let heardMs = performance.now()
  let beating: Promise<void> | null = null
  const beat = async (): Promise<void> => {
    // The lease runs from a moment after this one.
    const askedMs = performance.now()
    try {
      if (await keep()) heardMs = askedMs
      else onLost()
    } catch {
      // The database may be away for a moment; for how long is seen at each beat.
    }
  }
  const timer = setInterval(() => {
    // Told one beat before the end, so that the run is over when another one may begin.
    if (performance.now() - heardMs > leaseMs * (1 - 1 / beatsPerLease) - earlyMs) onLost()
    beating ??= beat().finally(() => {
      beating = null
    })
  }, leaseMs / beatsPerLease)
  timer.unref()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      // A beat whose database is gone without a word would hold up the stop; what it writes later harms nobody.
      await Promise.race([beating, wait(longestEndMs, undefined, { ref: false })])
    },
  }
}
