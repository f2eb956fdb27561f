import { auditAfter, auditHead, chainHash, genesis } from '../../store/audit.ts'
import type { Reader } from '../../store/db.ts'

export interface AuditHead {
  readonly length: number
  /** Hex of the last hash. */
  readonly hash: string
}

export type AuditVerdict =
  | { readonly ok: true; readonly head: AuditHead }
  /** `seq`: the first place that does not hold. */
  | { readonly ok: false; readonly seq: number; readonly why: string }

const pageSize = 1000

/**
 * Walks a tenant's chain from its beginning. `saved` is a head that was kept elsewhere: it alone catches a log that was
 * rewritten as a whole, stored head included.
 */
export async function verifyAudit(db: Reader, tenant: string, saved?: AuditHead): Promise<AuditVerdict> {
  const stored = await auditHead(db, tenant)
  let seq = 0
  let previous: Buffer = genesis
  let savedHolds = saved === undefined || (saved.length === 0 && saved.hash === genesis.toString('hex'))
  for (;;) {
    const rows = await auditAfter(db, tenant, seq, pageSize)
    for (const row of rows) {
      const expected = seq + 1
      if (row.seq !== expected) return broken(expected, `entry ${expected} is missing`)
      if (!row.previousHash.equals(previous))
        return broken(expected, `entry ${expected} does not follow the one before`)
      if (!chainHash({ ...row, tenant }, previous).equals(row.hash))
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

const broken = (seq: number, why: string): AuditVerdict => ({ ok: false, seq, why })
