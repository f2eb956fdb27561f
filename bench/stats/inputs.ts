import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Raw little-endian doubles that the peer has written. */
export function doubles(folder: string, name: string): Float64Array {
  const bytes = readFileSync(join(folder, name))
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8)
}

/** Labels, one byte each. */
export function labels(folder: string, name: string): Uint8Array {
  return Uint8Array.from(readFileSync(join(folder, name)))
}

/** Unwraps an answer that must not be a refusal. */
export function answered<R extends { readonly ok: boolean }>(result: R): Extract<R, { readonly ok: true }> {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result)}`)
  return result as Extract<R, { readonly ok: true }>
}
