import type { JsonObject } from '@surety/contract'
import type { Db } from '../../store/db.ts'
import { chainHash, genesis } from './audit.ts'

export interface AuditHead {
  readonly length: number
  /** Hex of the last hash. */
  readonly hash: string
}

export type AuditVerdict =
  | { readonly ok: true; readonly head: AuditHead }
  /** `seq`: the first place that does not hold. */
  | { readonly ok: false; readonly seq: number; readonly why: string }

interface Columns {
  seq: number
  at: Date
  actor: string
  action: string
  reason: string | null
  before_digest: string | null
  after_digest: string | null
  request_id: string | null
  detail: JsonObject
  previous_hash: Buffer
  hash: Buffer
}

const pageSize = 1000

/**
 * Walks a tenant's chain from its beginning. `saved` is a head that was kept elsewhere: it alone catches a log that was
 * rewritten as a whole, stored head included.
 */
export async function verifyAudit(db: Db, tenant: string, saved?: AuditHead): Promise<AuditVerdict> {
  const heads = await db.query<{ length: number; hash: Buffer }>(
    `select length, hash from audit_heads where tenant_id = $1`,
    [tenant],
  )
  const stored = heads.rows[0] ?? { length: 0, hash: genesis }
  let seq = 0
  let previous: Buffer = genesis
  let savedHolds = saved === undefined || (saved.length === 0 && saved.hash === genesis.toString('hex'))
  for (;;) {
    const rows = await page(db, tenant, seq)
    for (const row of rows) {
      const expected = seq + 1
      if (row.seq !== expected) return broken(expected, `entry ${expected} is missing`)
      if (!row.previous_hash.equals(previous))
        return broken(expected, `entry ${expected} does not follow the one before`)
      if (!chainHash({ ...named(row), tenant }, previous).equals(row.hash))
        return broken(expected, `entry ${expected} was changed`)
      seq = row.seq
      previous = row.hash
      if (saved?.length === seq) savedHolds = saved.hash === previous.toString('hex')
    }
    if (rows.length < pageSize) break
  }
  if (seq < stored.length) return broken(seq + 1, `the log should have ${stored.length} entries and ends after ${seq}`)
  if (seq > stored.length) return broken(stored.length + 1, `the log should end after ${stored.length} entries`)
  if (!previous.equals(stored.hash)) return broken(seq, 'the stored head is not the last entry')
  if (saved !== undefined && !savedHolds)
    return broken(saved.length, `entry ${saved.length} is not the one whose head was saved`)
  return { ok: true, head: { length: seq, hash: previous.toString('hex') } }
}

async function page(db: Db, tenant: string, after: number): Promise<readonly Columns[]> {
  const { rows } = await db.query<Columns>(
    `select seq, at, actor, action, reason, before_digest, after_digest, request_id, detail, previous_hash, hash
      from audit where tenant_id = $1 and seq > $2 order by seq limit ${pageSize}`,
    [tenant, after],
  )
  return rows
}

const named = (row: Columns) => ({
  seq: row.seq,
  at: row.at,
  actor: row.actor,
  action: row.action,
  reason: row.reason,
  beforeDigest: row.before_digest,
  afterDigest: row.after_digest,
  requestId: row.request_id,
  detail: row.detail,
})

const broken = (seq: number, why: string): AuditVerdict => ({ ok: false, seq, why })
