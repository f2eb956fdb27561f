/** One fixed minute of a caller in one slot, beginning with its first request. */
export interface Window {
  since: number
  count: number
  /** What is left of the burst at `refilled`; unused where a slot has none. */
  tokens: number
  refilled: number
  /** Where other processes count for the same caller, too. */
  share: Share | null
}

export const windowMs = 60_000

/** What this process may let in by itself of a limit that all processes hold together. */
interface Share {
  readonly tenant: string
  readonly keyId: string
  readonly slot: string
  limit: number
  /** Up to this count it was said to be ours. */
  held: number
  /** The count that the others know of. */
  told: number
  /** Counts the minutes, so that an answer is known to be about one that is over. */
  minute: number
  waiting: boolean
  full: boolean
}

/** What an exchange between processes says of one caller's minute. */
interface Exchanged {
  /** Let in, or held by a process, of all of them together. */
  readonly lent: number
  /** So many more may this process let in. */
  readonly granted: number
  /** How long ago the minute began, and whether with this exchange. */
  readonly ageMs: number
  readonly renewed: boolean
}

interface UnderWay extends Pick<Exchanged, 'lent' | 'ageMs'> {
  readonly tenant: string
  readonly keyId: string
  readonly slot: string
}

/** So long a request waits for the next exchange at most, and so many at once: the others are told to come again. */
const longestWaitMs = 1_500
const mostWaiting = 1_000

/**
 * What one process may let in of limits that all processes on a database hold together, if somebody exchanges it
 * (`runtime/rate-totals.ts`): what is left of a limit is handed out in parts, each of which one process may let in without
 * asking. What it was not handed yet in this minute it may let in up to a tenth of the limit, shared among all: so together
 * they never pass it by more.
 */
export function rateShares(windowOf: (caller: string, slot: string, now: number) => Window) {
  const waiting: Window[] = []
  const holding = new Set<Window>()
  const others = { processes: 1, alone: true, counted: () => {} }
  let next: { readonly over: Promise<void>; end(): void; waiting: number } | null = null

  function beginWait() {
    const { promise: over, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(end, longestWaitMs)
    timer.unref()
    function end() {
      clearTimeout(timer)
      next = null
      resolve()
    }
    return { over, end, waiting: 0 }
  }

  /** How many may be let in without having been handed them. */
  const tenth = (limit: number) => Math.max(1, Math.floor(limit / 10 / others.processes))
  const shareOf = (tenant: string, keyId: string, slot: string, limit: number): Share => ({
    tenant,
    keyId,
    slot,
    limit,
    held: 0,
    told: 0,
    minute: 0,
    waiting: false,
    full: false,
  })

  /** What the exchange between processes sees of the counts. */
  const counts = {
    /** @param alone nobody else counts, or nobody can be asked: limits are this process's own */
    among(processes: number, alone: boolean) {
      others.processes = Math.max(1, processes)
      others.alone = alone
    },
    /** Called when something is there to be exchanged. */
    whenCounted(counted: () => void) {
      others.counted = counted
    },
    /** An exchange is over, or comes no more: whoever waited for it asks again. */
    exchanged() {
      next?.end()
    },
    /** A minute that began before this process did. */
    resume({ tenant, keyId, slot, lent, ageMs }: UnderWay, now: number) {
      const window = windowOf(keyId, slot, now)
      window.since = now - ageMs
      window.count += lent
      window.share ??= shareOf(tenant, keyId, slot, lent)
      window.share.held = lent
      window.share.told = lent
    },
    /** What is there to exchange, each with what takes the answer. `ending`: what is held is given back. */
    collect(ending: boolean) {
      const windows = new Set([...waiting.splice(0), ...holding])
      holding.clear()
      return [...windows].map(window => {
        const share = window.share!
        const { tenant, keyId, slot, limit, held, told, minute } = share
        const { count } = window
        const fresh = count - told
        // Whoever was not asked since gives back all but what lets it begin again.
        const keep = share.waiting ? limit : tenth(limit)
        const most = ending || others.alone ? 0 : keep
        share.waiting = false
        const parts = others.processes
        const granted = Math.min(most, Math.ceil(Math.max(0, limit - fresh) / parts))
        const asked = {
          tenant,
          keyId,
          slot,
          lent: fresh + granted,
          granted,
          back: held - count,
          quota: limit,
          parts,
          most,
        }
        return {
          asked,
          settle(answer: Exchanged, now: number) {
            const same = share.minute === minute
            if (!same && !answer.renewed) return
            window.since = Math.max(window.since, now - windowMs, now - answer.ageMs)
            if (answer.renewed) window.count += fresh - (same ? count : 0)
            share.told = answer.renewed ? fresh : count
            share.held = share.told + answer.granted
            share.full = answer.granted === 0 && answer.lent >= limit
            if (!others.alone && share.held > window.count + tenth(limit)) holding.add(window)
          },
        }
      })
    },
  }
  return {
    counts,
    /** How many processes a burst is divided among. */
    among: () => others.processes,
    /** How many of its minute a caller may have let in here by now. */
    mostOf({ share }: Window, limit: number): number {
      if (share === null || others.alone) return limit
      return Math.min(limit, Math.max(share.held, tenth(limit)))
    },
    /** Something is counted that the others are to be told of. */
    tell(window: Window, tenant: string, keyId: string, slot: string, limit: number): void {
      window.share ??= shareOf(tenant, keyId, slot, limit)
      const { share } = window
      share.limit = limit
      if (share.waiting) return
      share.waiting = true
      waiting.push(window)
      if (waiting.length === 1) others.counted()
    },
    /** Resolves when the next exchange is over; false: too many wait for it already. */
    async afterExchange(): Promise<boolean> {
      next ??= beginWait()
      if (next.waiting >= mostWaiting) return false
      next.waiting += 1
      await next.over
      return true
    },
  }
}

export function beginMinute(share: Share) {
  share.held = 0
  share.told = 0
  share.full = false
  share.minute += 1
}
