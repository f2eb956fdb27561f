import type { Signer } from '../../model/signer.ts'
import type { Database } from '../../store/db.ts'
import { type HeadRow, newestHeads } from '../../store/receipt-rows.ts'
import { headHolds, signHeads } from './head.ts'
import { headBody } from './issue.ts'

export const headsFormat = 'surety.heads/1'

/** The newest signed head of every chain of these tenants, to be kept where nobody of the installation can write. */
export async function headsFile(db: Database, key: Signer, tenants: readonly string[], now: Date) {
  const heads = []
  for (const tenant of tenants) {
    await signHeads(db, key, tenant, null, now)
    heads.push(...(await db.read([tenant], reader => newestHeads(reader, tenant))))
  }
  return { format: headsFormat, saved_at: now.toISOString(), heads: heads.map(headBody) }
}

/** Reads such a file. @throws Error with a sentence: another format, or a head that its own key did not sign */
export function readHeadsFile(text: string): readonly HeadRow[] {
  const sentence = 'that is not a file of heads, as surety receipt --heads writes it'
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch {
    throw new Error(sentence)
  }
  if (!isRecord(file) || file['format'] !== headsFormat || !Array.isArray(file['heads'])) throw new Error(sentence)
  return file['heads'].map((body: unknown) => {
    const head = isRecord(body) ? headOf(body) : null
    if (head === null || !headHolds(head)) throw new Error('a head of that file was not signed by the key it names')
    return head
  })
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function headOf(body: Record<string, unknown>): HeadRow {
  return {
    tenant: String(body['tenant']),
    chainId: String(body['chain_id']),
    length: Number(body['length']),
    hash: Buffer.from(String(body['hash']), 'hex'),
    signedAt: new Date(String(body['signed_at'])),
    keyId: String(body['key_id']),
    publicKey: Buffer.from(String(body['public_key']), 'base64'),
    signature: Buffer.from(String(body['signature']), 'base64'),
  }
}
