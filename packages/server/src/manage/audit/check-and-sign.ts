import type { Signer } from '../../model/signer.ts'
import { saveSignedAuditHead } from '../../store/audit.ts'
import type { Database } from '../../store/db.ts'
import { signHead } from './signed-head.ts'
import { type AuditVerdict, verifyAudit } from './verify-audit.ts'

export interface AuditKeys {
  readonly signer: Signer
  /** Public keys whose signatures count, base64 of 32 bytes: this installation's, and those it had before. */
  readonly trusted: ReadonlySet<string>
}

/**
 * Walks a tenant's log and signs what was walked, where it has grown since it was last signed. What does not hold together is not
 * signed: a signature would make it look sound.
 */
export async function checkAndSign(
  db: Database,
  tenant: string,
  { signer, trusted }: AuditKeys,
  now: Date,
): Promise<AuditVerdict> {
  // One snapshot: an entry written between head and pages would look like one too many.
  const verdict = await db.read([tenant], handle => verifyAudit(handle, tenant, { trusted }))
  if (verdict.ok && verdict.unsigned > 0) {
    const { length, hash } = verdict.head
    const head = signHead({ tenant, length, hash: Buffer.from(hash, 'hex'), signedAt: now }, signer)
    await db.transaction([tenant], handle => saveSignedAuditHead(handle, head))
  }
  return verdict
}
