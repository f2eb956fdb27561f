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
  readonly until: number
  readonly row: Promise<KeyRow | null>
}

export interface Authentication {
  authenticate(presented: string): Promise<Principal | null>
  /** This replica forgets at once; the others within `cacheMs`. */
  forget(keyId: string): void
}

/**
 * Keys are remembered for a few seconds by their id, so that busy clients do not reach the database with every request, and
 * whoever guesses the secret of a known id never does: comparing is cheap, a good key is never kept waiting behind wrong
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
    cache.set(keyId, { until: monotonicMs() + cacheMs, row })
    // An outage is not an answer: the next request asks again.
    row.catch(() => cache.delete(keyId))
  }

  return {
    async authenticate(presented) {
      const key = readApiKey(presented)
      if (key === null) return null
      const known = cache.get(key.id)
      let row = known?.row
      if (row === undefined || known!.until <= monotonicMs()) {
        cache.delete(key.id)
        if (!(await directory.mayHold(key.id))) return null
        row = cache.get(key.id)?.row ?? lookUp(db, key.id)
        remember(key.id, row)
      }
      const found = await row
      return found !== null && sameSecret(found.secretHash, key.secretHash) ? principalOf(found, now()) : null
    },
    forget(keyId) {
      cache.delete(keyId)
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

function principalOf(row: KeyRow | null, now: Date): Principal | null {
  if (row === null || !row.enabled) return null
  if (row.expiresAt !== null && row.expiresAt <= now) return null
  const { id: keyId, tenant, role, name, limits, dailyQuota, grants, systemOfRecord } = row
  const kind = role === 'device' ? 'device' : 'key'
  const quota = dailyQuota === null ? {} : { dailyQuota }
  return { kind, keyId, tenant, role, name, limits, ...quota, grants, systemOfRecord }
}
