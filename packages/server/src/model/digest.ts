import { createHash } from 'node:crypto'
import { canonical, type JsonObject } from '@surety/contract'

/** SHA-256 (64 lower-case hex digits) of the canonical JSON (RFC 8785) of a model without `digest` and `signature`. */
export function modelDigest(model: JsonObject): string {
  const { digest: _digest, signature: _signature, ...rest } = model
  return createHash('sha256').update(canonical(rest)).digest('hex')
}
