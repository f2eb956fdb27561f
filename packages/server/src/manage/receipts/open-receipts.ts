import { eachApart } from '../../errors.ts'
import { readSigningKey } from '../../model/signature.ts'
import { signerOf } from '../../model/signer.ts'
import type { Context } from '../../runtime/context.ts'
import type { ReceiptChains } from '../../store/line-connection.ts'
import { tenantsOf } from '../../store/tenants.ts'
import { signHeads } from './head.ts'

/** How long a link waits for its signature: also the longest path of a receipt. */
const signEveryMs = 10_000

/**
 * Signs the heads of the chains: of every chain at start, for processes that died before they could; of what has grown
 * every 10 s; and of everything when it is closed, which is after the last batch was written.
 */
export function openReceipts(
  ctx: Pick<Context, 'db' | 'now' | 'every' | 'onError'> & { readonly secrets: { readonly modelSigningKey: string } },
  { chains }: { readonly chains: ReceiptChains },
): AsyncDisposable {
  const { db, now, every, onError } = ctx
  const key = signerOf(readSigningKey(ctx.secrets.modelSigningKey))
  // What a failed turn took is found again by looking at every chain.
  let all = true
  const signAll = async (): Promise<void> => {
    chains.takeGrown()
    await eachApart(await db.transaction([], tenantsOf), tenant => signHeads(db, key, tenant, null, now()))
  }
  const signGrown = async (): Promise<void> => {
    await eachApart(byTenant(chains.takeGrown()), ([tenant, chainIds]) => signHeads(db, key, tenant, chainIds, now()))
  }
  const loop = every({
    name: 'receipts',
    everyMs: signEveryMs,
    mostMs: signEveryMs,
    async work() {
      const sign = all ? signAll : signGrown
      all = true
      await sign()
      all = false
    },
  })
  loop.wake()
  return {
    async [Symbol.asyncDispose]() {
      await loop[Symbol.asyncDispose]()
      await signAll().catch(error => onError(error, 'receipts'))
    },
  }
}

function byTenant(grown: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, readonly string[]> {
  const chainIds = new Map<string, string[]>()
  for (const [chainId, tenants] of grown)
    for (const tenant of tenants) {
      const list = chainIds.get(tenant)
      if (list === undefined) chainIds.set(tenant, [chainId])
      else list.push(chainId)
    }
  return chainIds
}
