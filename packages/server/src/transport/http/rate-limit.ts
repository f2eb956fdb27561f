import { beginMinute, rateShares, type Window, windowMs } from './rate-share.ts'

/** What the RateLimit-* headers say. */
export interface Spent {
  readonly allowed: boolean
  readonly limit: number
  readonly remaining: number
  readonly resetSeconds: number
  /** The next exchange between processes is under way or near, and may hand out more. */
  readonly soon?: true
}

/**
 * Counts requests per minute in memory. The window begins with the first request and not on the minute, so a burst
 * never falls into two windows. At most `capacity` callers are remembered; the one that came first is forgotten first,
 * which can only be generous. What is counted for a tenant is shared with other processes (`rate-share.ts`).
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
      window = { since: now, count: 0, tokens: Number.POSITIVE_INFINITY, refilled: now, share: null }
      slots.set(slot, window)
    } else if (now - window.since >= windowMs) {
      window.since = now
      window.count = 0
      if (window.share !== null) beginMinute(window.share)
    }
    return window
  }
  const shares = rateShares(windowOf)

  return {
    counts: shares.counts,
    afterExchange: shares.afterExchange,
    /**
     * Counts one request unless the limit is reached. `now`: milliseconds of a clock that never goes back.
     * @param burst so many at once; then as many a second as make `limit` a minute. Left out: the whole minute at once.
     * @param tenant of the caller, where what is counted is shared with other processes
     */
    take(caller: string, slot: string, limit: number, now: number, burst?: number, tenant?: string): Spent {
      const window = windowOf(caller, slot, now)
      const waitMs = burst === undefined ? 0 : refill(window, limit, Math.ceil(burst / shares.among()), now)
      if (tenant !== undefined) shares.tell(window, tenant, caller, slot, limit)
      const most = shares.mostOf(window, limit)
      const full = window.count >= most
      const allowed = !full && waitMs === 0
      if (allowed) {
        window.count += 1
        window.tokens -= 1
      }
      // More may be handed out with the next exchange, unless all of the minute is.
      const soon = full && window.count < limit && window.share?.full !== true
      const resetMs = !soon && (full || waitMs === 0) ? window.since + windowMs - now : waitMs
      return {
        allowed,
        limit,
        remaining: Math.max(0, Math.min(most - window.count, burst === undefined ? limit : Math.floor(window.tokens))),
        resetSeconds: Math.max(1, Math.ceil(resetMs / 1000)),
        ...(soon && waitMs === 0 ? { soon } : {}),
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
