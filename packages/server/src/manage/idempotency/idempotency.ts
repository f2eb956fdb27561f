import { randomUUID } from 'node:crypto'
import { Problem } from '../../errors.ts'
import type { Database, Reader } from '../../store/db.ts'
import {
  type AskedKey,
  keepAnswer,
  keptAnswer,
  releaseIdempotencyKey,
  takeIdempotencyKey,
} from '../../store/idempotency.ts'

export type Begun =
  | { readonly kind: 'fresh'; readonly eventId: string }
  | { readonly kind: 'replay'; readonly status: number; readonly body: string }

/**
 * Idempotency-Key of writes. The row is committed before the write begins and names the event id that the write will
 * use. Whatever dies in between, a retry writes the same event id again, and the line answers the first decision.
 *
 * So neither row needs a commit that waits for the disk: when `begin` is lost in a crash, so is what came after it,
 * because the log is flushed in order; when `finish` is lost, the retry finds the event by its id.
 */
export function idempotency(deps: { db: Database; now: () => Date; newEventId?: () => string }) {
  const { db } = deps
  const newEventId = deps.newEventId ?? (() => `idem-${randomUUID()}`)

  return {
    async begin(tenant: string, key: string, bodyDigest: string): Promise<Begun> {
      const asked = { tenant, key, bodyDigest, eventId: newEventId(), now: deps.now() }
      return db.transaction([tenant], async tx => {
        const eventId = await takeIdempotencyKey(tx, asked)
        return eventId === null ? answer(tx, asked) : { kind: 'fresh', eventId }
      })
    },

    finish: (tenant: string, key: string, status: number, body: string): Promise<void> =>
      db.transaction([tenant], tx => keepAnswer(tx, tenant, key, status, body)),

    release: (tenant: string, key: string): Promise<void> =>
      db.transaction([tenant], tx => releaseIdempotencyKey(tx, tenant, key)),
  }
}

async function answer(db: Reader, asked: AskedKey): Promise<Begun> {
  const kept = await keptAnswer(db, asked.tenant, asked.key)
  // Released between the two statements: the other request was refused a moment ago.
  if (kept === null) throw new Problem('in_progress', undefined, { retryAfterSeconds: 1 })
  if (kept.bodyDigest !== asked.bodyDigest) throw new Problem('idempotency_mismatch')
  if (kept.status === null || kept.body === null) throw new Problem('in_progress', undefined, { retryAfterSeconds: 1 })
  return { kind: 'replay', status: kept.status, body: kept.body }
}
