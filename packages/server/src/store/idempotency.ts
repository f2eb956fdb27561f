import { clockSlack, type Reader, type Tx } from './db.ts'
import { bytes, int4, orNull, type RowOf, table, text } from './table.ts'

/** What was answered under an Idempotency-Key, kept for a day. */
const idempotency = table('idempotency', {
  bodyDigest: text('body_digest'),
  status: orNull(int4('status')),
  /** Without what is personal in it, where the whole is sealed beside it. */
  body: orNull(text('body')),
  sealed: orNull(bytes('sealed')),
})
export type KeptAnswer = RowOf<typeof idempotency>

const keptHours = 24
/** As long as one write may take; afterwards a retry takes over. */
const lockSeconds = 30

/** The word of a sender as it is kept: it may be personal. */
export interface WordKey {
  readonly hash: string
  /** As the version before 0.2 kept it: its rows are a day old at most, and are found by it until they are gone. */
  readonly former: string
}

export interface AskedKey {
  readonly tenant: string
  readonly key: WordKey
  readonly bodyDigest: string
  readonly eventId: string
  readonly now: Date
}

/** A day ahead is a clock that was wrong: kept for a day from then, a write that never finished would hold its key for as long. */
const outdated = `(kept.created_at <= $5::timestamptz - interval '${keptHours} h' or kept.created_at > $5::timestamptz + ${clockSlack})`

/**
 * The event id to write with, when the key is new, older than a day, or was left by a request that never finished
 * (then with the event id of that request); null otherwise. None of these commits waits for the disk.
 */
export async function takeIdempotencyKey(db: Tx, asked: AskedKey): Promise<string | null> {
  const { rows } = await db.query<{ event_id: string }>({
    name: 'idempotency_take',
    text: `insert into idempotency as kept (tenant_id, key, body_digest, event_id, locked_until, created_at)
      values ($1, coalesce((select key from idempotency where tenant_id = $1 and key = $6), $2), $3, $4,
        $5::timestamptz + interval '${lockSeconds} s', $5)
      on conflict (tenant_id, key) do update set
        locked_until = excluded.locked_until,
        body_digest = excluded.body_digest,
        event_id = case when ${outdated} then excluded.event_id else kept.event_id end,
        created_at = case when ${outdated} then excluded.created_at else kept.created_at end,
        status = null,
        body = null,
        sealed = null
      where ${outdated}
        or (kept.status is null and kept.locked_until <= $5 and kept.body_digest = excluded.body_digest)
      returning event_id, set_config('synchronous_commit', 'off', true)`,
    values: [asked.tenant, asked.key.hash, asked.bodyDigest, asked.eventId, asked.now, asked.key.former],
  })
  return rows[0]?.event_id ?? null
}

export async function keptAnswer(db: Reader, tenant: string, key: WordKey): Promise<KeptAnswer | null> {
  const { rows } = await db.query<KeptAnswer>({
    name: 'idempotency_answer',
    text: `select ${idempotency.columns()} from idempotency where tenant_id = $1 and key in ($2, $3)`,
    values: [tenant, key.hash, key.former],
  })
  return rows[0] ?? null
}

export async function keepAnswer(
  db: Tx,
  tenant: string,
  key: WordKey,
  { status, body, sealed }: { readonly status: number; readonly body: string; readonly sealed: Buffer | null },
): Promise<void> {
  await db.query({
    name: 'idempotency_finish',
    text: `update idempotency set status = $4, body = $5, sealed = $6
      where tenant_id = $1 and key in ($2, $3) and status is null returning set_config('synchronous_commit', 'off', true)`,
    values: [tenant, key.hash, key.former, status, body, sealed],
  })
}

export async function releaseIdempotencyKey(db: Tx, tenant: string, key: WordKey): Promise<void> {
  await db.query({
    name: 'idempotency_release',
    text: `delete from idempotency where tenant_id = $1 and key in ($2, $3) and status is null`,
    values: [tenant, key.hash, key.former],
  })
}

/** Forgets the keys of the transaction's tenants that are older than a day: part of the hourly retention run. */
export async function forgetOldKeys(db: Tx, now: Date): Promise<number> {
  const { rowCount } = await db.query(
    `delete from idempotency where created_at <= $1::timestamptz - interval '${keptHours} h' or created_at > $1::timestamptz + ${clockSlack}`,
    [now],
  )
  return rowCount ?? 0
}
