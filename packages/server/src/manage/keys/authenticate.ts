import type { Principal } from '@surety/contract'
import { everyKeyId, findKey, type KeyRow, tenantOfKey } from '../../store/api-keys.ts'
import type { Database } from '../../store/db.ts'
import { readApiKey, sameSecret } from './api-key.ts'

// A disabled key must be refused by every replica within 5 s; 3 leaves room for the look-up itself.
const cacheMs = 3000
const cacheSize = 10_000
/** So many ids a second are looked for one by one; beyond that, all ids that there are are read once a second. */
const looksPerSecond = 20
const secondMs = 1000

interface Cached {
  readonly readAt: number
  readonly row: Promise<KeyRow | null>
}

export interface Authentication {
  authenticate(presented: string): Promise<Principal | null>
  /** When a secret that a rotation replaced ended; null: it is not one, or its key is none any more. */
  endedAt(presented: string): Promise<Date | null>
  /** This replica forgets at once; the others when they are told, at the latest within `cacheMs`. */
  forget(keyId: string): void
  forgetAll(): void
}

/**
 * Keys are remembered for a few seconds by their id, so that busy clients do not reach the database with every request, and
 * whoever guesses the secret of a known id does once a second (it may just have been made): comparing is cheap, a good key is never kept waiting behind wrong
 * ones. Whoever makes ids up costs one look at all ids a second, however many they are. The time runs from the beginning of
 * the look-up, by a clock that nobody sets back; only what expires does so by the clock on the wall.
 */
export function authentication(
  db: Database,
  now: () => Date,
  monotonicMs: () => number = () => performance.now(),
): Authentication {
  const cache = new Map<string, Cached>()
  const directory = everyId(db, monotonicMs)

  function remember(keyId: string, row: Promise<KeyRow | null>): void {
    if (cache.size >= cacheSize) cache.delete(cache.keys().next().value ?? '')
    cache.set(keyId, { readAt: monotonicMs(), row })
    // An outage is not an answer: the next request asks again.
    row.catch(() => cache.delete(keyId))
  }

  /** Of the id that is presented, when it was read less than `ageMs` ago, else as it is now. */
  async function rowOf(id: string, ageMs: number): Promise<KeyRow | null> {
    const known = cache.get(id)
    if (known !== undefined && monotonicMs() - known.readAt < ageMs) return known.row
    cache.delete(id)
    if (!(await directory.mayHold(id))) return null
    const row = cache.get(id)?.row ?? lookUp(db, id)
    remember(id, row)
    return row
  }

  /** The key of a presented one, and how long its secret is good. A secret that is not known may have been made a moment ago. */
  async function find(presented: string): Promise<{ readonly row: KeyRow; readonly until: Date | null } | null> {
    const key = readApiKey(presented)
    if (key === null) return null
    for (const ageMs of [cacheMs, secondMs]) {
      const row = await rowOf(key.id, ageMs)
      if (row === null) return null
      if (sameSecret(row.secretHash, key.secretHash)) return { row, until: null }
      const old = row.oldSecrets.find(({ sha256 }) => sameSecret(Buffer.from(sha256, 'hex'), key.secretHash))
      if (old !== undefined) return { row, until: new Date(old.until) }
    }
    return null
  }

  return {
    async authenticate(presented) {
      const found = await find(presented)
      if (found === null || (found.until !== null && found.until <= now())) return null
      return principalOf(found.row, now())
    },
    async endedAt(presented) {
      const found = await find(presented)
      if (found === null || found.until === null || found.until > now()) return null
      return principalOf(found.row, now()) === null ? null : found.until
    },
    forget(keyId) {
      cache.delete(keyId)
      directory.forget()
    },
    forgetAll() {
      cache.clear()
      directory.forget()
    },
  }
}

/** Which ids there are, once more were asked for within a second than are looked for one by one. */
function everyId(db: Database, monotonicMs: () => number) {
  let second = { since: Number.NEGATIVE_INFINITY, asked: 0 }
  let read: { readonly at: number; readonly ids: Promise<ReadonlySet<string>> } | null = null
  return {
    async mayHold(id: string): Promise<boolean> {
      const at = monotonicMs()
      if (at - second.since >= secondMs) second = { since: at, asked: 0 }
      second.asked += 1
      if (second.asked <= looksPerSecond) return true
      if (read === null || at - read.at >= secondMs) {
        const ids = db.transaction([], everyKeyId)
        read = { at, ids }
        ids.catch(() => {
          read = null
        })
      }
      return (await read.ids).has(id)
    },
    forget(): void {
      read = null
    },
  }
}

async function lookUp(db: Database, id: string): Promise<KeyRow | null> {
  const tenant = await db.transaction([], handle => tenantOfKey(handle, id))
  return tenant === null ? null : db.transaction([tenant], handle => findKey(handle, tenant, id))
}

function principalOf(row: KeyRow, now: Date): Principal | null {
  if (!row.enabled) return null
  if (row.expiresAt !== null && row.expiresAt <= now) return null
  const { id: keyId, tenant, role, name, limits, dailyQuota, grants, systemOfRecord } = row
  const kind = role === 'device' ? 'device' : 'key'
  const quota = dailyQuota === null ? {} : { dailyQuota }
  return { kind, keyId, tenant, role, name, limits, ...quota, grants, systemOfRecord }
}
