import { type Signer, signatureHolds, signedWith } from '../../model/signer.ts'
import type { Database } from '../../store/db.ts'
import { type ChainRow, type HeadRow, saveHead, unsignedChains } from '../../store/receipt-rows.ts'

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

/** Whether the head was signed by the key that it names. */
export const headHolds = (head: HeadRow): boolean => signatureHolds(head, headText(head))

export function signHead(chain: ChainRow, key: Signer, signedAt: Date): HeadRow {
  const { tenant, chainId, length, hash } = chain
  const state = { tenant, chainId, length, hash, signedAt }
  return { ...state, ...signedWith(key, headText(state)) }
}

/** Signs what has grown since it was last signed. @param chainIds null: every chain of the tenant. @returns how many. */
export async function signHeads(
  db: Database,
  key: Signer,
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
