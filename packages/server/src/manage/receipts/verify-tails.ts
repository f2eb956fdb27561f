import { type Database, readApart } from '../../store/db.ts'
import { monthsOf, newestChains } from '../../store/receipt-rows.ts'
import { headHolds } from './head.ts'
import { walkChain } from './walk-chain.ts'

export interface TailOptions {
  /** So many chains, those that began last. */
  readonly chains: number
  /** So many links of each, the last ones. */
  readonly links: number
  /** Public keys whose signatures count, base64 of 32 bytes; left out: any. */
  readonly keys?: ReadonlySet<string>
}

export interface TailReport {
  readonly chains: number
  readonly links: number
  readonly problems: readonly string[]
  readonly problemCount: number
}

/** The ends of a tenant's newest chains in one snapshot: what takes no longer on a ledger of years. Records are not read. */
export async function verifyTails(database: Database, tenant: string, options: TailOptions): Promise<TailReport> {
  return readApart(database, [tenant], async db => {
    const problems: string[] = []
    const there = await monthsOf(db, 'receipt_links')
    const chains = await newestChains(db, tenant, options.chains)
    let links = 0
    for (const chain of chains)
      links += (
        await walkChain({
          db,
          chain,
          last: options.links,
          saved: [],
          gone: at => !there.has(at.toISOString().slice(0, 7)),
          trusted: head => headHolds(head) && (options.keys?.has(head.publicKey.toString('base64')) ?? true),
          problem: sentence => void problems.push(sentence),
        })
      ).links
    return { chains: chains.length, links, problems, problemCount: problems.length }
  })
}
