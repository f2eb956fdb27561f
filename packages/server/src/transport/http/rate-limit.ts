const windowMs = 60_000

/** One fixed minute per slot, beginning with its first request. */
interface Window {
  since: number
  count: number
}

/** What the RateLimit-* headers say. */
export interface Spent {
  readonly allowed: boolean
  readonly limit: number
  readonly remaining: number
  readonly resetSeconds: number
}

/**
 * Counts requests per minute in memory. The window begins with the first request and not on the minute, so a burst
 * never falls into two windows. At most `capacity` callers are remembered; the one that came first is forgotten first,
 * which can only be generous.
 */
export function rateLimiter(capacity: number) {
  const callers = new Map<string, Map<string, Window>>()
  function windowOf(caller: string, slot: string, now: number): Window {
    let slots = callers.get(caller)
    if (slots === undefined) {
      if (callers.size >= capacity) callers.delete(callers.keys().next().value ?? '')
      slots = new Map()
      callers.set(caller, slots)
    }
    let window = slots.get(slot)
    if (window === undefined) {
      window = { since: now, count: 0 }
      slots.set(slot, window)
    } else if (now - window.since >= windowMs) {
      window.since = now
      window.count = 0
    }
    return window
  }
  return {
    /** Counts one request unless the limit is reached. `now`: milliseconds of a clock that never goes back. */
    take(caller: string, slot: string, limit: number, now: number): Spent {
      const window = windowOf(caller, slot, now)
      const allowed = window.count < limit
      if (allowed) window.count += 1
      return {
        allowed,
        limit,
        remaining: Math.max(0, limit - window.count),
        resetSeconds: Math.max(1, Math.ceil((window.since + windowMs - now) / 1000)),
      }
    },
    /** Seconds to wait when `limit` is reached, else 0; counts nothing. */
    waitSeconds(caller: string, slot: string, limit: number, now: number): number {
      const window = windowOf(caller, slot, now)
      return window.count < limit ? 0 : Math.max(1, Math.ceil((window.since + windowMs - now) / 1000))
    },
  }
}
export type RateLimiter = ReturnType<typeof rateLimiter>
