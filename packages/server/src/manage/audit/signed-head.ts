import { type Signer, signatureHolds, signedWith } from '../../model/signer.ts'
import type { SignedAuditHead } from '../../store/audit.ts'

type HeadState = Pick<SignedAuditHead, 'tenant' | 'length' | 'hash' | 'signedAt'>

/** What the signature of a head covers. */
const headText = ({ tenant, length, hash, signedAt }: HeadState): string =>
  JSON.stringify(['surety.audit-head/1', tenant, length, hash.toString('hex'), signedAt.toISOString()])

/** Whether the head was signed by the key that it names. */
export const headHolds = (head: SignedAuditHead): boolean => signatureHolds(head, headText(head))

export const signHead = (state: HeadState, key: Signer): SignedAuditHead => ({
  ...state,
  ...signedWith(key, headText(state)),
})
