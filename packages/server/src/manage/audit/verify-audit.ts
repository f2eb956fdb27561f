import { countKeys } from '../../store/api-keys.ts'
import {
  auditAfter,
  auditHead,
  chainHash,
  genesis,
  type SignedAuditHead,
  signedAuditHeads,
  unlikeSigned,
} from '../../store/audit.ts'
import type { Reader } from '../../store/db.ts'
import { headHolds } from './signed-head.ts'

export interface AuditHead {
  readonly length: number
  /** Hex of the last hash. */
  readonly hash: string
}

export type AuditVerdict =
  | {
      readonly ok: true
      readonly head: AuditHead
      /** Entries after the newest signed head: they are as sure as the database, and no surer. */
      readonly unsigned: number
      /** When the newest head was signed; null: none ever was. */
      readonly signedAt: Date | null
    }
  /** `seq`: the first place that does not hold. */
  | { readonly ok: false; readonly seq: number; readonly why: string }

export interface AuditProof {
  /** Heads that were kept elsewhere: they alone catch a log that was written anew by somebody who has the signing key. */
  readonly saved?: readonly SignedAuditHead[]
  /** Public keys whose signatures count, base64 of 32 bytes; left out: any. */
  readonly trusted?: ReadonlySet<string>
  /** Only so many entries, the newest, are walked; of those before them only the ones that a head was signed at are held against it. */
  readonly last?: number
}

const pageSize = 1000

/** Walks a tenant's chain from its beginning, or the end of it, past every head that was signed on the way and every one that was kept elsewhere. */
export async function verifyAudit(
  db: Reader,
  tenant: string,
  { saved = [], trusted, last }: AuditProof = {},
): Promise<AuditVerdict> {
  const stored = await auditHead(db, tenant)
  const signed = await signedAuditHeads(db, tenant)
  const known = [
    ...signed.map(head => ({ ...head, how: `that was signed at ${head.signedAt.toISOString()}` })),
    ...saved
      .filter(head => head.tenant === tenant)
      .map(head => ({ ...head, how: `whose head was saved, as it was signed at ${head.signedAt.toISOString()}` })),
  ]
  const knownAt = Map.groupBy(known, head => head.length)
  let seq = last === undefined ? 0 : Math.max(0, stored.length - last)
  let previous: Buffer = genesis
  if (seq > 0) {
    const [start] = await auditAfter(db, tenant, seq - 1, 1)
    if (start?.seq !== seq) return broken(seq, `entry ${seq} is missing`)
    previous = start.hash
    const other = await unlikeSigned(db, tenant, seq)
    if (other !== null)
      return broken(
        other,
        `entry ${other} is not the one that was signed: it or one before it was written anew or deleted`,
      )
  }
  const begin = seq
  for (;;) {
    const rows = await auditAfter(db, tenant, seq, pageSize)
    for (const row of rows) {
      const expected = seq + 1
      if (row.seq !== expected) return broken(expected, `entry ${expected} is missing`)
      if (!row.previousHash.equals(previous))
        return broken(expected, `entry ${expected} does not follow the one before`)
      if (!chainHash({ ...row, tenant }, previous).equals(row.hash))
        return broken(expected, `entry ${expected} was changed`)
      const other = knownAt.get(expected)?.find(head => !head.hash.equals(row.hash))
      if (other !== undefined)
        return broken(expected, `entry ${expected} is not the one ${other.how}: it or one before it was written anew`)
      seq = row.seq
      previous = row.hash
    }
    if (rows.length < pageSize) break
  }
  if (seq < stored.length) return broken(seq + 1, `the log should have ${stored.length} entries and ends after ${seq}`)
  if (seq > stored.length) return broken(stored.length + 1, `the log should end after ${stored.length} entries`)
  if (!previous.equals(stored.hash)) return broken(seq, 'the stored head is not the last entry')
  const longest = known.toSorted((a, b) => b.length - a.length)[0]
  if (longest !== undefined && longest.length > seq)
    return broken(
      seq + 1,
      `the log had ${longest.length} entries when it was signed at ${longest.signedAt.toISOString()} and ends after ${seq}`,
    )
  // Each key is made with an entry, in one transaction.
  const keys = seq === 0 ? await countKeys(db, tenant) : 0
  if (keys > 0)
    return broken(1, `the log is empty although ${keys === 1 ? 'an API key was' : `${keys} API keys were`} made here`)
  const newest = signed.at(-1)
  const held = begin === 0 ? signed : signed.filter(head => head.length >= begin || head === newest)
  const foreign = held.flatMap(head => fault(head, trusted) ?? [])[0]
  if (foreign !== undefined) return foreign
  return {
    ok: true,
    head: { length: seq, hash: previous.toString('hex') },
    unsigned: seq - (newest?.length ?? 0),
    signedAt: newest?.signedAt ?? null,
  }
}

/** What is wrong with the signature of a head; null: nothing. */
function fault(head: SignedAuditHead, trusted: ReadonlySet<string> | undefined): AuditVerdict | null {
  if (!headHolds(head)) return broken(head.length, `the signature of the head at entry ${head.length} does not hold`)
  if (trusted?.has(head.publicKey.toString('base64')) ?? true) return null
  return broken(
    head.length,
    `the head at entry ${head.length} was signed with key ${head.keyId}, which is not one of this installation (MODEL_SIGNING_KEY, MODEL_TRUSTED_KEYS)`,
  )
}

const broken = (seq: number, why: string): AuditVerdict => ({ ok: false, seq, why })
