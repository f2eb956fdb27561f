import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const shape = /^sty_([a-z2-7]{12})_([A-Za-z0-9_-]{43})$/

export interface NewApiKey {
  /** The whole key: shown once, never stored. */
  readonly key: string
  readonly id: string
  readonly secretHash: Buffer
}

/** `sty_<id>_<secret>`: 60 bits that name the key, 256 that prove it. */
export function makeApiKey(random: (bytes: number) => Buffer = randomBytes): NewApiKey {
  const id = Array.from(random(12), byte => alphabet[byte & 31]).join('')
  return { id, ...makeSecret(id, random) }
}

/** A whole key under an id that there is. */
export function makeSecret(
  id: string,
  random: (bytes: number) => Buffer = randomBytes,
): Pick<NewApiKey, 'key' | 'secretHash'> {
  const secret = random(32).toString('base64url')
  return { key: `sty_${id}_${secret}`, secretHash: hashSecret(secret) }
}

/** null: it cannot be one of our keys, so nobody has to be asked. */
export function readApiKey(presented: string): { readonly id: string; readonly secretHash: Buffer } | null {
  const parts = shape.exec(presented)
  return parts === null ? null : { id: parts[1]!, secretHash: hashSecret(parts[2]!) }
}

/**
 * A fast hash is enough: 256 random bits cannot be guessed, however fast one may try. By way of text, because asking for a
 * Buffer costs more than the hash.
 */
function hashSecret(secret: string): Buffer {
  return Buffer.from(hash('sha256', secret, 'hex'), 'hex')
}

export function sameSecret(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
