const windowMs = 60_000

/** One fixed minute per slot, beginning with its first request. */
interface Window {
  since: number
  count: number
  /** What is left of the burst at `refilled`; unused where a slot has none. */
  tokens: number
  refilled: number
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
 * which can only be generous. Each process counts by itself.
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
      window = { since: now, count: 0, tokens: Number.POSITIVE_INFINITY, refilled: now }
      slots.set(slot, window)
    } else if (now - window.since >= windowMs) {
      window.since = now
      window.count = 0
    }
    return window
  }
  return {
    /**
     * Counts one request unless the limit is reached. `now`: milliseconds of a clock that never goes back.
     * @param burst so many at once; then as many a second as make `limit` a minute. Left out: the whole minute at once.
     */
    take(caller: string, slot: string, limit: number, now: number, burst?: number): Spent {
      const window = windowOf(caller, slot, now)
      const waitMs = burst === undefined ? 0 : refill(window, limit, burst, now)
      const full = window.count >= limit
      const allowed = !full && waitMs === 0
      if (allowed) {
        window.count += 1
        window.tokens -= 1
      }
      const resetMs = full || waitMs === 0 ? window.since + windowMs - now : waitMs
      return {
        allowed,
        limit,
        remaining: Math.max(0, Math.min(limit - window.count, burst === undefined ? limit : Math.floor(window.tokens))),
        resetSeconds: Math.max(1, Math.ceil(resetMs / 1000)),
      }
    },
  }
}
export type RateLimiter = ReturnType<typeof rateLimiter>

/** Milliseconds until there is a whole token; 0: there is one. */
function refill(window: Window, limit: number, burst: number, now: number): number {
  const perMs = limit / windowMs
  window.tokens = Math.min(burst, window.tokens + (now - window.refilled) * perMs)
  window.refilled = now
  return window.tokens >= 1 ? 0 : (1 - window.tokens) / perMs
}
