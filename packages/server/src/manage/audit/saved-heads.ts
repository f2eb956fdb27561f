import type { JsonObject } from '@surety/contract'
import { type SignedAuditHead, signedAuditHeads } from '../../store/audit.ts'
import type { Database } from '../../store/db.ts'
import { type AuditKeys, checkAndSign } from './check-and-sign.ts'
import { headHolds } from './signed-head.ts'

export interface AuditHeads {
  /** As they stand in a file of heads, the newest of each tenant. */
  readonly heads: readonly JsonObject[]
  /** Of each tenant whose log does not hold together, where. Its newest head of before is given all the same. */
  readonly broken: readonly string[]
}

/** Signs the logs of these tenants as they are now, and gives their heads to be kept where nobody of the installation can write. */
export async function auditHeads(
  db: Database,
  keys: AuditKeys,
  tenants: readonly string[],
  now: Date,
): Promise<AuditHeads> {
  const heads: JsonObject[] = []
  const broken: string[] = []
  for (const tenant of tenants) {
    const verdict = await checkAndSign(db, tenant, keys, now)
    if (!verdict.ok) broken.push(`tenant ${tenant}, entry ${verdict.seq}: ${verdict.why}`)
    const newest = (await db.read([tenant], reader => signedAuditHeads(reader, tenant))).at(-1)
    if (newest !== undefined) heads.push(bodyOf(newest))
  }
  return { heads, broken }
}

const bodyOf = (head: SignedAuditHead): JsonObject => ({
  tenant: head.tenant,
  length: head.length,
  hash: head.hash.toString('hex'),
  signed_at: head.signedAt.toISOString(),
  key_id: head.keyId,
  public_key: head.publicKey.toString('base64'),
  signature: head.signature.toString('base64'),
})

/**
 * The heads of the audit log in a file of heads.
 * @throws Error with a sentence: another format, no such heads in it, or one that its own key did not sign
 */
export function readAuditHeads(text: string): readonly SignedAuditHead[] {
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch {
    throw new Error('that is not a file of heads, as surety receipt --heads writes it')
  }
  const bodies = isRecord(file) ? file['audit'] : undefined
  if (!Array.isArray(bodies))
    throw new Error(
      'that file holds no heads of the audit log: surety receipt --heads writes them since they are signed; save a new one',
    )
  return bodies.map((body: unknown) => {
    const head = isRecord(body) ? headOf(body) : null
    if (head === null || !headHolds(head))
      throw new Error('a head of the audit log in that file was not signed by the key it names')
    return head
  })
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function headOf(body: Record<string, unknown>): SignedAuditHead | null {
  const signedAt = new Date(String(body['signed_at']))
  if (Number.isNaN(signedAt.getTime())) return null
  return {
    tenant: String(body['tenant']),
    length: Number(body['length']),
    hash: Buffer.from(String(body['hash']), 'hex'),
    signedAt,
    keyId: String(body['key_id']),
    publicKey: Buffer.from(String(body['public_key']), 'base64'),
    signature: Buffer.from(String(body['signature']), 'base64'),
  }
}
