import { createHmac, timingSafeEqual } from 'node:crypto'
import { canonical, type Json } from '@surety/contract'
import { Problem } from '../../errors.ts'

/** One case as it was previewed: any change of its row has counted `version` up. */
export interface Previewed {
  readonly decisionId: string
  readonly version: number
}

const expiryBytes = 8
const caseBytes = 20
const signBytes = 32

/**
 * The token carries the set itself: expiry (epoch milliseconds), then 16 bytes of decision id and 4 of version a case, then
 * HMAC-SHA-256 over these and over what was asked. Nothing has to be kept, and any process can read it.
 * @param asked who asks, what for and with which answer: another one makes the token void
 */
export function writePreview(key: Buffer, asked: Json, expiresAt: Date, cases: readonly Previewed[]): string {
  const body = Buffer.alloc(expiryBytes + caseBytes * cases.length)
  body.writeBigUInt64BE(BigInt(expiresAt.getTime()))
  for (const [i, { decisionId, version }] of cases.entries()) {
    body.write(decisionId.replaceAll('-', ''), expiryBytes + i * caseBytes, 'hex')
    body.writeUInt32BE(version, expiryBytes + i * caseBytes + 16)
  }
  return Buffer.concat([body, sign(key, asked, body)]).toString('base64url')
}

/** @throws Problem `preview_invalid`, `preview_expired` */
export function readPreview(key: Buffer, asked: Json, token: string, at: Date): readonly Previewed[] {
  const whole = Buffer.from(token, 'base64url')
  const length = whole.length - signBytes
  if (whole.toString('base64url') !== token || length < expiryBytes || (length - expiryBytes) % caseBytes !== 0)
    throw new Problem('preview_invalid')
  const body = whole.subarray(0, length)
  if (!timingSafeEqual(whole.subarray(length), sign(key, asked, body))) throw new Problem('preview_invalid')
  if (Number(body.readBigUInt64BE()) <= at.getTime()) throw new Problem('preview_expired')
  const cases: Previewed[] = []
  for (let from = expiryBytes; from < length; from += caseBytes)
    cases.push({ decisionId: uuidOf(body.subarray(from, from + 16)), version: body.readUInt32BE(from + 16) })
  return cases
}

const sign = (key: Buffer, asked: Json, body: Buffer): Buffer =>
  createHmac('sha256', key).update(canonical(asked)).update('\n').update(body).digest()

function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
