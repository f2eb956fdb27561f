import { createHash } from 'node:crypto'
import { canonical, type Json, type JsonObject } from '@surety/contract'
import type { Reader, Tx } from './db.ts'
import { bytes, insertRow, int8, json, orNull, type RowOf, table, text, time } from './table.ts'
import { rememberTenant } from './tenants.ts'

/** The log of what people and administrators did: entries are added and read, never changed. */
const audit = table('audit', {
  tenant: text('tenant_id'),
  seq: int8('seq'),
  at: time('at'),
  actor: text('actor'),
  action: text('action'),
  reason: orNull(text('reason')),
  beforeDigest: orNull(text('before_digest')),
  afterDigest: orNull(text('after_digest')),
  requestId: orNull(text('request_id')),
  detail: json<JsonObject>('detail'),
  previousHash: bytes('previous_hash'),
  hash: bytes('hash'),
})
export type AuditRow = RowOf<typeof audit>

const signedHeads = table('audit_signed_heads', {
  tenant: text('tenant_id'),
  length: int8('length'),
  hash: bytes('hash'),
  signedAt: time('signed_at'),
  keyId: text('key_id'),
  /** The 32 raw bytes. */
  publicKey: bytes('public_key'),
  signature: bytes('signature'),
})
/** A signed state of a tenant's log: how many entries it had, and the hash of the last of them then. */
export type SignedAuditHead = RowOf<typeof signedHeads>

/** What the hash of an entry covers, but for the hash before it. */
export type ChainedEntry = Omit<AuditRow, 'previousHash' | 'hash'>

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

export interface AuditHeadRow {
  readonly length: number
  readonly hash: Buffer
}

/**
 * Adds one entry inside the caller's transaction, so that the deed and its entry stand or fall together. The row of
 * `audit_heads` is locked until the commit: call it last.
 */
export async function appendAudit(db: Tx, entry: AuditEntry): Promise<void> {
  const head = await db.query<AuditHeadRow>({
    name: 'audit_head_lock',
    text: `insert into audit_heads (tenant_id, length, hash) values ($1, 0, $2)
      on conflict (tenant_id) do update set length = audit_heads.length returning length, hash`,
    values: [entry.tenant, genesis],
  })
  const { length, hash: previousHash } = head.rows[0]!
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
  const hash = chainHash(chained, previousHash)
  await insertRow(db, audit, { ...chained, previousHash, hash })
  await db.query({
    name: 'audit_head_move',
    text: `update audit_heads set length = $2, hash = $3 where tenant_id = $1`,
    values: [chained.tenant, chained.seq, hash],
  })
}

/** Whoever does what belongs in the log adds its entry inside the same transaction. */
export type Audit = (db: Tx, entry: AuditEntry) => Promise<void>

/** @param redact takes personal data out of what a person gave as a reason; a log that only grows keeps it for ever */
export const auditOf =
  (redact: (db: Tx, tenant: string, text: string) => Promise<string> = async (_, __, text) => text): Audit =>
  async (db, entry) => {
    await rememberTenant(db, entry.tenant)
    await appendAudit(db, {
      ...entry,
      reason: entry.reason === undefined ? undefined : await redact(db, entry.tenant, entry.reason),
    })
  }

/** How long the log should be and its last hash; of an empty one where nothing was ever added. */
export async function auditHead(db: Reader, tenant: string): Promise<AuditHeadRow> {
  const { rows } = await db.query<AuditHeadRow>(`select length, hash from audit_heads where tenant_id = $1`, [tenant])
  return rows[0] ?? { length: 0, hash: genesis }
}

export async function auditAfter(db: Reader, tenant: string, seq: number, limit: number): Promise<readonly AuditRow[]> {
  const { rows } = await db.query<AuditRow>(
    `select ${audit.columns()} from audit where tenant_id = $1 and seq > $2 order by seq limit $3`,
    [tenant, seq, limit],
  )
  return rows
}

/** Every head that was signed, the shortest first: one a day, so they are few. */
export async function signedAuditHeads(db: Reader, tenant: string): Promise<readonly SignedAuditHead[]> {
  const { rows } = await db.query<SignedAuditHead>(
    `select ${signedHeads.columns()} from audit_signed_heads where tenant_id = $1 order by length`,
    [tenant],
  )
  return rows
}

/** The first entry up to `seq` that is not what a head was signed of; null: all of them are. */
export async function unlikeSigned(db: Reader, tenant: string, seq: number): Promise<number | null> {
  const { rows } = await db.query<{ length: number }>(
    `select h.length from audit_signed_heads h left join audit a on a.tenant_id = h.tenant_id and a.seq = h.length
     where h.tenant_id = $1 and h.length <= $2 and a.hash is distinct from h.hash order by h.length limit 1`,
    [tenant, seq],
  )
  return rows[0]?.length ?? null
}

/** Since when a log has an entry that no signed head covers; null: of the tenants that are asked for there is none. */
export async function unsignedSince(db: Reader): Promise<Date | null> {
  const { rows } = await db.query<{ since: Date | null }>(
    `select min(audit.at) as since from audit_heads head
      cross join lateral (select coalesce(max(length), 0) as length from audit_signed_heads where tenant_id = head.tenant_id) signed
      join audit on audit.tenant_id = head.tenant_id and audit.seq = signed.length + 1
      where head.length > signed.length`,
  )
  return rows[0]?.since ?? null
}

/** Two processes may sign the same state: the first one stays. */
export const saveSignedAuditHead = async (db: Tx, head: SignedAuditHead): Promise<void> =>
  void (await insertRow(db, signedHeads, head, 'on conflict do nothing'))
