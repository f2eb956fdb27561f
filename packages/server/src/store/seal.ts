import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomFillSync,
} from 'node:crypto'
import type { Contact } from '@surety/contract'

/**
 * Contact fields at rest: AES-256-GCM, the key's id beside each value, a fresh nonce, and tenant + case + field bound
 * as associated data, so that a value moved to another row does not open.
 *
 * Layout of `sealed`: version byte 1, then per field: index (1 byte), key id (8 ASCII bytes), nonce (12), tag (16),
 * length (2, big-endian), ciphertext.
 */
const fields = ['name', 'phone', 'email', 'company'] as const
const keyIdBytes = 8
const headBytes = 1 + keyIdBytes + 12 + 16 + 2

export interface DataKeys {
  /** Key id (8 characters) that new values are sealed with. */
  readonly current: string
  readonly keys: ReadonlyMap<string, KeyObject>
}

/** Keys from configuration: the first is current, the others stay readable during rotation. Each 32 bytes. */
export function dataKeys(secrets: readonly Buffer[]): DataKeys {
  const entries = secrets.map(secret => {
    const key = createSecretKey(secret)
    return [createHmac('sha256', key).update('surety key id').digest('hex').slice(0, keyIdBytes), key] as const
  })
  const current = entries[0]?.[0]
  if (current === undefined) throw new Error('at least one data key is needed')
  return { current, keys: new Map(entries) }
}

/** One key per purpose from one root secret (HKDF-SHA-256), held as a KeyObject: made once, ten times faster to use. */
export function deriveKey(root: Buffer, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), purpose, 32)))
}

// Nonces are drawn in bulk: one call to the random source for hundreds of fields.
const pool = Buffer.alloc(12 * 512)
let used = pool.length
function nonce(): Buffer {
  if (used >= pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += 12
  return pool.subarray(used - 12, used)
}

export function sealContact(keys: DataKeys, tenant: string, caseId: string, contact: Contact): Buffer {
  const key = keys.keys.get(keys.current)
  if (key === undefined) throw new Error('the current data key is missing')
  const parts: Buffer[] = [Buffer.from([1])]
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index]!
    const value = contact[field]
    if (value === undefined) continue
    const head = Buffer.allocUnsafe(headBytes)
    const iv = nonce()
    const cipher = createCipheriv('aes-256-gcm', key, iv)
    cipher.setAAD(Buffer.from(`${tenant}\n${caseId}\n${field}`))
    const body = cipher.update(value, 'utf8')
    cipher.final()
    head[0] = index
    head.write(keys.current, 1, 'latin1')
    iv.copy(head, 1 + keyIdBytes)
    cipher.getAuthTag().copy(head, 1 + keyIdBytes + 12)
    head.writeUInt16BE(body.length, headBytes - 2)
    parts.push(head, body)
  }
  return Buffer.concat(parts)
}

/** @throws Error when a value's key is not configured or the value was tampered with or moved. */
export function openContact(keys: DataKeys, tenant: string, caseId: string, sealed: Buffer): Contact {
  const contact: { -readonly [field in (typeof fields)[number]]?: string } = {}
  let at = 1
  while (at < sealed.length) {
    const field = fields[sealed[at]!]
    const keyId = sealed.toString('latin1', at + 1, at + 1 + keyIdBytes)
    const key = keys.keys.get(keyId)
    if (field === undefined || key === undefined)
      throw new Error(`a contact field was sealed with key ${keyId}, which is not configured (DATA_KEY)`)
    const iv = sealed.subarray(at + 1 + keyIdBytes, at + 1 + keyIdBytes + 12)
    const tag = sealed.subarray(at + 1 + keyIdBytes + 12, at + headBytes - 2)
    const length = sealed.readUInt16BE(at + headBytes - 2)
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 })
    decipher.setAAD(Buffer.from(`${tenant}\n${caseId}\n${field}`)).setAuthTag(tag)
    contact[field] =
      decipher.update(sealed.subarray(at + headBytes, at + headBytes + length), undefined, 'utf8') +
      decipher.final('utf8')
    at += headBytes + length
  }
  return contact
}
