import { createHash } from 'node:crypto'
import { canonical, type Json, type JsonObject } from '@surety/contract'
import type { Db } from '../../store/db.ts'

/** What a person or administrator did. Digests are SHA-256 of the canonical value, so the log holds no personal data. */
export interface AuditEntry {
  readonly tenant: string
  readonly at: Date
  /** `key:<id>`, `cli`, `system`. */
  readonly actor: string
  /** `key.created`, `settings.changed`, `export` … */
  readonly action: string
  readonly reason?: string | undefined
  readonly before?: Json | undefined
  readonly after?: Json | undefined
  readonly requestId?: string | undefined
  readonly detail?: JsonObject | undefined
}

/** The hash before the first entry. */
export const genesis: Buffer = Buffer.alloc(32)

export interface ChainedEntry {
  readonly tenant: string
  readonly seq: number
  readonly at: Date
  readonly actor: string
  readonly action: string
  readonly reason: string | null
  readonly beforeDigest: string | null
  readonly afterDigest: string | null
  readonly requestId: string | null
  readonly detail: JsonObject
}

/** The hash of an entry covers its place, its content and the hash before it. */
export function chainHash(entry: ChainedEntry, previous: Buffer): Buffer {
  const text = canonical({
    tenant: entry.tenant,
    seq: entry.seq,
    at: entry.at.toISOString(),
    actor: entry.actor,
    action: entry.action,
    reason: entry.reason,
    before: entry.beforeDigest,
    after: entry.afterDigest,
    request_id: entry.requestId,
    detail: entry.detail,
    previous: previous.toString('hex'),
  })
  return createHash('sha256').update(text).digest()
}

const digest = (value: Json | undefined): string | null =>
  value === undefined ? null : createHash('sha256').update(canonical(value)).digest('hex')

/**
 * Adds one entry inside the caller's transaction, so that the deed and its entry stand or fall together. The row of
 * `audit_heads` is locked until the commit: call it last.
 */
export async function appendAudit(db: Db, entry: AuditEntry): Promise<void> {
  const head = await db.query<{ length: number; hash: Buffer }>({
    name: 'audit_head_lock',
    text: `insert into audit_heads (tenant_id, length, hash) values ($1, 0, $2)
      on conflict (tenant_id) do update set length = audit_heads.length returning length, hash`,
    values: [entry.tenant, genesis],
  })
  const { length, hash: previous } = head.rows[0]!
  const chained: ChainedEntry = {
    tenant: entry.tenant,
    seq: length + 1,
    at: entry.at,
    actor: entry.actor,
    action: entry.action,
    reason: entry.reason ?? null,
    beforeDigest: digest(entry.before),
    afterDigest: digest(entry.after),
    requestId: entry.requestId ?? null,
    detail: entry.detail ?? {},
  }
  const hash = chainHash(chained, previous)
  await db.query({
    name: 'audit_append',
    text: `insert into audit (tenant_id, seq, at, actor, action, reason, before_digest, after_digest, request_id, detail,
        previous_hash, hash)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    values: [
      chained.tenant,
      chained.seq,
      chained.at,
      chained.actor,
      chained.action,
      chained.reason,
      chained.beforeDigest,
      chained.afterDigest,
      chained.requestId,
      canonical(chained.detail),
      previous,
      hash,
    ],
  })
  await db.query({
    name: 'audit_head_move',
    text: `update audit_heads set length = $2, hash = $3 where tenant_id = $1`,
    values: [chained.tenant, chained.seq, hash],
  })
}
