import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import type { Signature, UnsignedModel } from './artefact.ts'
import { modelDigest } from './digest.ts'

export interface SigningKey {
  readonly keyId: string
  readonly privateKey: KeyObject
  /** Base64 of the 32 raw bytes: what MODEL_TRUSTED_KEYS holds. */
  readonly publicText: string
}

/** Public keys whose signatures are believed, by key id. */
export type TrustedKeys = ReadonlyMap<string, KeyObject>

// DER of Ed25519 keys is a fixed head followed by the 32 raw bytes (RFC 8410).
const privateHead = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicHead = Buffer.from('302a300506032b6570032100', 'hex')

const rawPublic = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(publicHead.length)
const keyIdOf = (key: KeyObject): string => createHash('sha256').update(rawPublic(key)).digest('hex').slice(0, 16)

function describe(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey)
  return { keyId: keyIdOf(publicKey), privateKey, publicText: rawPublic(publicKey).toString('base64') }
}

/** A new key: `text` is what MODEL_SIGNING_KEY holds (base64 of the 32 secret bytes). */
export function makeSigningKey(): { readonly key: SigningKey; readonly text: string } {
  const { privateKey } = generateKeyPairSync('ed25519')
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(privateHead.length)
  return { key: describe(privateKey), text: seed.toString('base64') }
}

/** Reads MODEL_SIGNING_KEY: base64 of 32 secret bytes, or a PKCS#8 PEM. Throws a sentence that never holds the key. */
export function readSigningKey(text: string): SigningKey {
  const sentence = 'MODEL_SIGNING_KEY must be an Ed25519 key: base64 of 32 bytes, or a PKCS#8 PEM.'
  try {
    const pem = text.includes('BEGIN')
    const seed = Buffer.from(text.trim(), 'base64')
    if (!pem && seed.length !== 32) throw new Error(sentence)
    const key = pem
      ? createPrivateKey(text.replaceAll('\\n', '\n'))
      : createPrivateKey({ key: Buffer.concat([privateHead, seed]), format: 'der', type: 'pkcs8' })
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(sentence)
    return describe(key)
  } catch {
    throw new Error(sentence)
  }
}

/** Reads MODEL_TRUSTED_KEYS: public keys, base64 of 32 bytes each, separated by commas or blanks. */
export function readTrustedKeys(text: string): TrustedKeys {
  const keys = new Map<string, KeyObject>()
  for (const part of text.split(/[\s,]+/).filter(word => word !== '')) {
    const raw = Buffer.from(part, 'base64')
    if (raw.length !== 32)
      throw new Error(`MODEL_TRUSTED_KEYS: "${part}" is not an Ed25519 public key (base64 of 32 bytes).`)
    const key = createPublicKey({ key: Buffer.concat([publicHead, raw]), format: 'der', type: 'spki' })
    keys.set(keyIdOf(key), key)
  }
  return keys
}

/** The key ring of a server that trusts its own signing key beside the listed ones. */
export function trust(listed: TrustedKeys, own: SigningKey | null): TrustedKeys {
  return own === null ? listed : new Map([...listed, [own.keyId, createPublicKey(own.privateKey)]])
}

/** The public halves of a key and of those that MODEL_TRUSTED_KEYS lists, base64 of the raw bytes each. */
export const publicTextsOf = (own: SigningKey, trustedText: string): ReadonlySet<string> =>
  new Set([own.publicText, ...[...readTrustedKeys(trustedText).values()].map(key => rawPublic(key).toString('base64'))])

type Signed = { readonly digest: string; readonly signature: Signature }

/** Adds digest and signature: Ed25519 over the 32 bytes of the digest. Signing again replaces both. */
export function signModel<M extends UnsignedModel>(model: M, key: SigningKey): M & Signed {
  const digest = modelDigest(model)
  return { ...model, digest, signature: signDigest(digest, key) }
}

/** Ed25519 over the 32 bytes of a SHA-256 digest, given in hexadecimal. */
export function signDigest(digest: string, key: SigningKey): Signature {
  const value = sign(null, Buffer.from(digest, 'hex'), key.privateKey).toString('base64')
  return { alg: 'Ed25519', key_id: key.keyId, value }
}

export function verifySignature(digest: string, signature: Signature, trusted: TrustedKeys): boolean {
  const key = trusted.get(signature.key_id)
  if (key === undefined) return false
  const value = Buffer.from(signature.value, 'base64')
  return value.length === 64 && verify(null, Buffer.from(digest, 'hex'), key, value)
}
