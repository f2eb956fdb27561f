import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomFillSync,
} from 'node:crypto'
import type { Contact } from '@surety/contract'

/**
 * Contact fields at rest: AES-256-GCM, the key's id beside the value, a fresh nonce, and tenant + case bound as
 * associated data, so that a value moved to another row does not open. The fields of one case are one sealed value, each
 * with its name's index and length inside the authenticated text, so that none can be moved, renamed or taken out
 * (docs/decisions/0010: one seal instead of four costs a quarter).
 *
 * Layout of `sealed`: version byte 2, key id (8 ASCII bytes), nonce (12), tag (16), ciphertext of: per field its index
 * (1 byte), length (2, big-endian) and UTF-8 bytes.
 */
const fields = ['name', 'phone', 'email', 'company'] as const
const version = 2
const keyIdBytes = 8
const nonceAt = 1 + keyIdBytes
const tagAt = nonceAt + 12
const headBytes = tagAt + 16

export interface DataKeys {
  /** Key id (8 characters) that new values are sealed with. */
  readonly current: string
  readonly keys: ReadonlyMap<string, KeyObject>
}

/** The id of the key that a value was sealed with. */
export const sealedWith = (sealed: Buffer): string => sealed.toString('latin1', 1, nonceAt)

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

// The fields of one contact are laid out here before they are sealed.
let plain = Buffer.allocUnsafe(4096)

function layOut(contact: Contact): number {
  let end = 0
  for (let index = 0; index < fields.length; index++) {
    const value = contact[fields[index]!]
    if (value === undefined) continue
    const most = end + 3 + value.length * 3
    if (most > plain.length) plain = Buffer.concat([plain.subarray(0, end), Buffer.allocUnsafe(most * 2)])
    const bytes = plain.write(value, end + 3, 'utf8')
    plain[end] = index
    plain.writeUInt16BE(bytes, end + 1)
    end += 3 + bytes
  }
  return end
}

const contactOf = (tenant: string, caseId: string): string => `${tenant}\n${caseId}\ncontact`

/** @throws RangeError when a field is longer than 65,535 bytes. */
export function sealContact(keys: DataKeys, tenant: string, caseId: string, contact: Contact): Buffer {
  const length = layOut(contact)
  const sealed = seal(keys, contactOf(tenant, caseId), plain.subarray(0, length))
  plain.fill(0, 0, length)
  return sealed
}

function seal(keys: DataKeys, boundTo: string, text: Buffer): Buffer {
  const key = keys.keys.get(keys.current)
  if (key === undefined) throw new Error('the current data key is missing')
  const sealed = Buffer.allocUnsafe(headBytes + text.length)
  const iv = nonce()
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(Buffer.from(boundTo))
  cipher.update(text).copy(sealed, headBytes)
  cipher.final()
  sealed[0] = version
  sealed.write(keys.current, 1, 'latin1')
  iv.copy(sealed, nonceAt)
  cipher.getAuthTag().copy(sealed, tagAt)
  return sealed
}

function unseal(keys: DataKeys, boundTo: string, sealed: Buffer, what: string): Buffer {
  if (sealed[0] !== version) throw new Error(`${what} of layout ${sealed[0]} is unknown to this version`)
  const keyId = sealedWith(sealed)
  const key = keys.keys.get(keyId)
  if (key === undefined) throw new Error(`${what} was sealed with key ${keyId}, which is not configured (DATA_KEY)`)
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(nonceAt, tagAt), { authTagLength: 16 })
  decipher.setAAD(Buffer.from(boundTo)).setAuthTag(sealed.subarray(tagAt, headBytes))
  return Buffer.concat([decipher.update(sealed.subarray(headBytes)), decipher.final()])
}

const answerOf = (tenant: string, key: string): string => `${tenant}\n${key}\nanswer`

/** An answer that is kept for who asks again, whole: it repeats what was sent. */
export const sealAnswer = (keys: DataKeys, tenant: string, key: string, body: string): Buffer =>
  seal(keys, answerOf(tenant, key), Buffer.from(body))

/** @throws Error as `openContact` does */
export const openAnswer = (keys: DataKeys, tenant: string, key: string, sealed: Buffer): string =>
  unseal(keys, answerOf(tenant, key), sealed, 'a kept answer').toString('utf8')

/** @throws Error when the value's key is not configured or the value was tampered with or moved. */
export function openContact(keys: DataKeys, tenant: string, caseId: string, sealed: Buffer): Contact {
  const text = unseal(keys, contactOf(tenant, caseId), sealed, 'a contact')
  const contact: { -readonly [field in (typeof fields)[number]]?: string } = {}
  for (let at = 0; at < text.length; ) {
    const field = fields[text[at]!]
    const length = text.readUInt16BE(at + 1)
    if (field === undefined) throw new Error('a sealed contact holds an unknown field')
    contact[field] = text.toString('utf8', at + 3, at + 3 + length)
    at += 3 + length
  }
  return contact
}
