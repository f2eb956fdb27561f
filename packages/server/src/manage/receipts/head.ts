import { createHash, createPublicKey, verify } from 'node:crypto'
import type { Database } from '../../store/db.ts'
import { type ChainRow, type HeadRow, saveHead, unsignedChains } from '../../store/receipt-rows.ts'

/** The installation's Ed25519 key, as far as receipts need it. */
export interface ReceiptKey {
  readonly keyId: string
  /** The 32 raw bytes. */
  readonly publicKey: Buffer
  sign(text: string): Buffer
}

/** What a head's signature covers. */
export const headText = (head: Pick<HeadRow, 'tenant' | 'chainId' | 'length' | 'hash' | 'signedAt'>): string =>
  JSON.stringify([
    'surety.head/1',
    head.tenant,
    head.chainId,
    head.length,
    head.hash.toString('hex'),
    head.signedAt.toISOString(),
  ])

/** The first 16 hexadecimal digits of the SHA-256 of the raw public key. */
export const keyIdOf = (publicKey: Buffer): string => createHash('sha256').update(publicKey).digest('hex').slice(0, 16)

// DER of an Ed25519 public key: a fixed head, then the 32 raw bytes (RFC 8410).
const publicHead = Buffer.from('302a300506032b6570032100', 'hex')

/** Whether the head was signed by the key that it names. */
export function headHolds(head: HeadRow): boolean {
  if (head.publicKey.length !== 32 || head.signature.length !== 64) return false
  if (keyIdOf(head.publicKey) !== head.keyId) return false
  const key = createPublicKey({ key: Buffer.concat([publicHead, head.publicKey]), format: 'der', type: 'spki' })
  return verify(null, Buffer.from(headText(head)), key, head.signature)
}

export function signHead(chain: ChainRow, key: ReceiptKey, signedAt: Date): HeadRow {
  const { tenant, chainId, length, hash } = chain
  const state = { tenant, chainId, length, hash, signedAt }
  return { ...state, keyId: key.keyId, publicKey: key.publicKey, signature: key.sign(headText(state)) }
}

/** Signs what has grown since it was last signed. @param chainIds null: every chain of the tenant. @returns how many. */
export async function signHeads(
  db: Database,
  key: ReceiptKey,
  tenant: string,
  chainIds: readonly string[] | null,
  now: Date,
): Promise<number> {
  return db.transaction([tenant], async handle => {
    const chains = await unsignedChains(handle, tenant, chainIds)
    for (const chain of chains) await saveHead(handle, signHead(chain, key, now))
    return chains.length
  })
}
