import { createHash } from 'node:crypto'
import { canonical, type Json, type JsonObject, recordFormat } from '@surety/contract'
import type { Signature } from '../../model/artefact.ts'
import { type SigningKey, signDigest, type TrustedKeys, verifySignature } from '../../model/signature.ts'

const formats: ReadonlySet<string> = new Set(['surety.certificate/1', recordFormat])

/** A certificate as it is kept and handed out: the document, its SHA-256 digest, and Ed25519 over that. */
export interface SignedCertificate {
  readonly document: JsonObject
  readonly digest: string
  readonly signature: Signature
}

/** Made from what it is about, so that the same history issues the same certificates. */
export function idOf(about: readonly Json[]): string {
  const bytes = sha256(canonical(about)).subarray(0, 16)
  // RFC 9562: version 8 (made by a rule of ours), variant 10.
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

export function signCertificate(document: JsonObject, key: SigningKey): SignedCertificate {
  const digest = sha256(canonical(document)).toString('hex')
  return { document, digest, signature: signDigest(digest, key) }
}

/** Is the document unchanged, and signed by a key that is believed? Needs nothing but the certificate and the keys. */
export function verifyCertificate(
  { document, digest, signature }: SignedCertificate,
  trusted: TrustedKeys,
): { readonly ok: boolean; readonly why: string } {
  if (!formats.has(String(document['format'])))
    return { ok: false, why: `The format is neither ${[...formats].join(' nor ')}.` }
  if (sha256(canonical(document)).toString('hex') !== digest)
    return { ok: false, why: 'The document was changed: its digest is another one.' }
  if (!verifySignature(digest, signature, trusted))
    return { ok: false, why: `No trusted key made this signature (key ${signature.key_id}).` }
  return { ok: true, why: `Unchanged, and signed by key ${signature.key_id}.` }
}

/** As it is stored: canonical, so that the same certificate is the same bytes. */
export const certificateText = (signed: SignedCertificate): string => canonical(signed as unknown as Json)

export const readCertificate = (text: string): SignedCertificate => JSON.parse(text) as SignedCertificate
