import type { Principal } from '@surety/contract'
import { findKey, type KeyRow, tenantOfKey } from '../../store/api-keys.ts'
import type { Database } from '../../store/db.ts'
import { readApiKey, sameSecret } from './api-key.ts'

// A disabled key must be refused by every replica within 5 s; 3 leaves room for the look-up itself.
const cacheMs = 3000
const cacheSize = 10_000

interface Cached {
  readonly keyId: string
  readonly until: number
  readonly row: Promise<KeyRow | null>
}

export interface Authentication {
  authenticate(presented: string): Promise<Principal | null>
  /** This replica forgets at once; the others within `cacheMs`. */
  forget(keyId: string): void
}

/**
 * Known and refused keys alike are remembered for a few seconds under the hash of what was presented, so that neither
 * busy clients nor guessers reach the database with every request. The time runs from the beginning of the look-up.
 */
export function authentication(db: Database, now: () => Date): Authentication {
  const cache = new Map<string, Cached>()

  function remember(hash: string, keyId: string, row: Promise<KeyRow | null>): void {
    if (cache.size >= cacheSize) cache.delete(cache.keys().next().value ?? '')
    cache.set(hash, { keyId, until: now().getTime() + cacheMs, row })
    // An outage is not an answer: the next request asks again.
    row.catch(() => cache.delete(hash))
  }

  return {
    async authenticate(presented) {
      const key = readApiKey(presented)
      if (key === null) return null
      const hash = `${key.id}${key.secretHash.toString('latin1')}`
      const known = cache.get(hash)
      let row = known?.row
      if (row === undefined || known!.until <= now().getTime()) {
        cache.delete(hash)
        row = lookUp(db, key.id, key.secretHash)
        remember(hash, key.id, row)
      }
      return principalOf(await row, now())
    },
    forget(keyId) {
      for (const [hash, cached] of cache) if (cached.keyId === keyId) cache.delete(hash)
    },
  }
}

async function lookUp(db: Database, id: string, secretHash: Buffer): Promise<KeyRow | null> {
  const tenant = await db.transaction([], handle => tenantOfKey(handle, id))
  if (tenant === null) return null
  const row = await db.transaction([tenant], handle => findKey(handle, tenant, id))
  return row !== null && sameSecret(row.secretHash, secretHash) ? row : null
}

function principalOf(row: KeyRow | null, now: Date): Principal | null {
  if (row === null || !row.enabled) return null
  if (row.expiresAt !== null && row.expiresAt <= now) return null
  return { keyId: row.id, tenant: row.tenant, role: row.role, name: row.name, limits: row.limits }
}
