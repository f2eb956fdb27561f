import { randomUUID } from 'node:crypto'
import { Problem } from '../../errors.ts'
import type { Database, Db } from '../../store/db.ts'

const keptHours = 24
/** As long as one write may take; afterwards a retry takes over. */
const lockSeconds = 30

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
  const newEventId = deps.newEventId ?? (() => `idem-${randomUUID()}`)

  return {
    async begin(tenant: string, key: string, bodyDigest: string): Promise<Begun> {
      const now = deps.now()
      const asked = { tenant, key, bodyDigest, eventId: newEventId(), now }
      return deps.db.transaction([tenant], async db => {
        const eventId = await take(db, asked)
        return eventId === null ? answer(db, asked) : { kind: 'fresh', eventId }
      })
    },

    async finish(tenant: string, key: string, status: number, body: string): Promise<void> {
      await deps.db.transaction([tenant], db =>
        db.query({
          name: 'idempotency_finish',
          text: `update idempotency set status = $3, body = $4 where tenant_id = $1 and key = $2 and status is null
            returning set_config('synchronous_commit', 'off', true)`,
          values: [tenant, key, status, body],
        }),
      )
    },

    async release(tenant: string, key: string): Promise<void> {
      await deps.db.transaction([tenant], db =>
        db.query({
          name: 'idempotency_release',
          text: `delete from idempotency where tenant_id = $1 and key = $2 and status is null`,
          values: [tenant, key],
        }),
      )
    },
  }
}

interface Asked {
  readonly tenant: string
  readonly key: string
  readonly bodyDigest: string
  readonly eventId: string
  readonly now: Date
}

/**
 * The event id to write with, when the key is new, older than a day, or was left by a request that never finished
 * (then with the event id of that request); null otherwise.
 */
async function take(db: Db, asked: Asked): Promise<string | null> {
  const { rows } = await db.query<{ event_id: string }>({
    name: 'idempotency_take',
    text: `insert into idempotency as kept (tenant_id, key, body_digest, event_id, locked_until, created_at)
      values ($1, $2, $3, $4, $5::timestamptz + interval '${lockSeconds} s', $5)
      on conflict (tenant_id, key) do update set
        locked_until = excluded.locked_until,
        body_digest = excluded.body_digest,
        event_id = case when ${outdated} then excluded.event_id else kept.event_id end,
        created_at = case when ${outdated} then excluded.created_at else kept.created_at end,
        status = null,
        body = null
      where ${outdated}
        or (kept.status is null and kept.locked_until <= $5 and kept.body_digest = excluded.body_digest)
      returning event_id, set_config('synchronous_commit', 'off', true)`,
    values: [asked.tenant, asked.key, asked.bodyDigest, asked.eventId, asked.now],
  })
  return rows[0]?.event_id ?? null
}

const outdated = `kept.created_at <= $5::timestamptz - interval '${keptHours} h'`

async function answer(db: Db, asked: Asked): Promise<Begun> {
  const { rows } = await db.query<{ body_digest: string; status: number | null; body: string | null }>({
    name: 'idempotency_answer',
    text: `select body_digest, status, body from idempotency where tenant_id = $1 and key = $2`,
    values: [asked.tenant, asked.key],
  })
  const kept = rows[0]
  // Released between the two statements: the other request was refused a moment ago.
  if (kept === undefined) throw new Problem('in_progress', undefined, { retryAfterSeconds: 1 })
  if (kept.body_digest !== asked.bodyDigest) throw new Problem('idempotency_mismatch')
  if (kept.status === null || kept.body === null) throw new Problem('in_progress', undefined, { retryAfterSeconds: 1 })
  return { kind: 'replay', status: kept.status, body: kept.body }
}

/** Forgets the keys of the transaction's tenants that are older than a day: part of the hourly retention run. */
export async function forgetOldKeys(db: Db, now: Date): Promise<number> {
  const { rowCount } = await db.query(
    `delete from idempotency where created_at <= $1::timestamptz - interval '${keptHours} h'`,
    [now],
  )
  return rowCount ?? 0
}
