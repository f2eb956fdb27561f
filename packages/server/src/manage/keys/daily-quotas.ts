import type { Principal } from '@surety/contract'
import type { Context } from '../../runtime/context.ts'
import { giveBackQuota, takeOfQuota, type UnspentQuota } from '../../store/key-quotas.ts'

/** A key whose day is spent. */
export interface QuotaSpent {
  readonly limit: number
  /** Until the day is over. */
  readonly resetSeconds: number
}

/** What this process has in hand of the day of one key. */
interface Hand {
  readonly tenant: string
  quota: number
  day: number
  rest: number
  /** By the monotonic clock: when the day is over, and until when nobody asks again for what was all handed out. */
  endsAt: number
  spentUntil: number
  /** Requests that wait for what is being taken. */
  waiting: number
  taking: Promise<void> | null
  /** Since the last turn. */
  used: boolean
}

/** Handed out at once: what a process that is killed loses at most. */
const parts = 100
/** What is all handed out may be given back, by others or by an admin. */
const askAgainMs = 2_000
/** What was not used for so long is given back. */
const idleMs = 60_000

/**
 * The requests that keys may send in a day. The count is one row of the database, which all processes take from: a hundredth of
 * the quota at once, so that a request waits for the database one time in a hundred, and never are more let in than the quota.
 * A process that is killed takes what it has in hand with it.
 */
export function dailyQuotas({ db, clock, every }: Pick<Context, 'db' | 'clock' | 'every'>) {
  const hands = new Map<string, Hand>()

  function handOf({ keyId, tenant }: Principal, quota: number): Hand {
    let hand = hands.get(keyId)
    if (hand === undefined) {
      hand = { tenant, quota, day: 0, rest: 0, endsAt: 0, spentUntil: 0, waiting: 0, taking: null, used: true }
      hands.set(keyId, hand)
    }
    return hand
  }

  async function take(hand: Hand, keyId: string, quota: number): Promise<void> {
    const { tenant, waiting, rest: back, day: backDay } = hand
    hand.rest = 0
    const part = Math.ceil(quota / parts)
    const handed = await db.transaction([tenant], tx =>
      takeOfQuota(tx, { tenant, keyId, quota, waiting, part, back, backDay }),
    )
    const now = clock.monotonicMs()
    hand.quota = quota
    hand.day = handed.day
    hand.rest = handed.granted
    hand.endsAt = now + handed.leftMs
    hand.spentUntil = handed.granted === 0 ? now + askAgainMs : 0
  }

  async function giveBack(idle: (hand: Hand) => boolean): Promise<void> {
    const unspent: UnspentQuota[] = []
    for (const [keyId, hand] of hands) {
      if (hand.taking !== null || !idle(hand)) continue
      hands.delete(keyId)
      const { tenant, day, rest } = hand
      if (rest > 0) unspent.push({ tenant, keyId, day, rest })
    }
    if (unspent.length === 0) return
    await db.transaction([...new Set(unspent.map(({ tenant }) => tenant))], tx => giveBackQuota(tx, unspent))
  }

  const loop = every({
    name: 'daily-quotas',
    everyMs: idleMs,
    async work() {
      const idle = giveBack(hand => !hand.used)
      for (const hand of hands.values()) hand.used = false
      await idle
    },
  })

  return {
    /** Counts one request. null: it is within the quota, or there is none. */
    async spend(principal: Principal): Promise<QuotaSpent | null> {
      const { keyId, dailyQuota: quota } = principal
      if (quota === undefined) return null
      for (;;) {
        const hand = handOf(principal, quota)
        const now = clock.monotonicMs()
        hand.used = true
        if (hand.quota === quota && now < hand.endsAt) {
          if (hand.rest > 0) {
            hand.rest -= 1
            return null
          }
          if (now < hand.spentUntil)
            return { limit: quota, resetSeconds: Math.max(1, Math.ceil((hand.endsAt - now) / 1000)) }
        }
        hand.waiting += 1
        hand.taking ??= take(hand, keyId, quota).finally(() => {
          hand.taking = null
        })
        try {
          await hand.taking
        } finally {
          hand.waiting -= 1
        }
      }
    },
    /** Handed out to this process, and not used. */
    unspent: (keyId: string): number => hands.get(keyId)?.rest ?? 0,
    async [Symbol.asyncDispose]() {
      await loop[Symbol.asyncDispose]()
      // A database that is away ends no stop.
      await giveBack(() => true).catch(() => undefined)
    },
  }
}
