import { createHash, createPublicKey, sign, verify } from 'node:crypto'
import type { SigningKey } from './signature.ts'

/** The installation's Ed25519 key, as far as heads of chains and receipts need it. */
export interface Signer {
  readonly keyId: string
  /** The 32 raw bytes. */
  readonly publicKey: Buffer
  sign(text: string): Buffer
}

/** What was signed, and by which key. */
export interface Signed {
  readonly keyId: string
  /** The 32 raw bytes. */
  readonly publicKey: Buffer
  readonly signature: Buffer
}

/** Chains are signed with the key that signs models: one key to know, to keep and to hand to an auditor. */
export function signerOf({
  keyId,
  publicText,
  privateKey,
}: Pick<SigningKey, 'keyId' | 'publicText' | 'privateKey'>): Signer {
  return {
    keyId,
    publicKey: Buffer.from(publicText, 'base64'),
    sign: text => sign(null, Buffer.from(text), privateKey),
  }
}

export const signedWith = (key: Signer, text: string): Signed => ({
  keyId: key.keyId,
  publicKey: key.publicKey,
  signature: key.sign(text),
})

/** The first 16 hexadecimal digits of the SHA-256 of the raw public key. */
const keyIdOf = (publicKey: Buffer): string => createHash('sha256').update(publicKey).digest('hex').slice(0, 16)

// DER of an Ed25519 public key: a fixed head, then the 32 raw bytes (RFC 8410).
const publicHead = Buffer.from('302a300506032b6570032100', 'hex')

/** Whether the text was signed by the key that is named beside it. */
export function signatureHolds(signed: Signed, text: string): boolean {
  if (signed.publicKey.length !== 32 || signed.signature.length !== 64) return false
  if (keyIdOf(signed.publicKey) !== signed.keyId) return false
  const key = createPublicKey({ key: Buffer.concat([publicHead, signed.publicKey]), format: 'der', type: 'spki' })
  return verify(null, Buffer.from(text), key, signed.signature)
}
