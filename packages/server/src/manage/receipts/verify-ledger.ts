import { type Database, type Reader, readApart } from '../../store/db.ts'
import { chainsOf, type HeadRow, monthsOf, orphans } from '../../store/receipt-rows.ts'
import { headHolds } from './head.ts'
import { matchRecords } from './match-records.ts'
import { walkChain } from './walk-chain.ts'

export interface LedgerReport {
  readonly tenant: string
  readonly ok: boolean
  readonly chains: number
  readonly links: number
  readonly records: number
  /** Digests whose records went with their month: kept apart, because nothing can be said of them. */
  readonly expired: number
  /** Records from before receipts were kept. */
  readonly before: number
  /** Of the records, how many were erased since. */
  readonly erased: number
  /** Links that no signed head covers yet. */
  readonly unsigned: number
  /** The places that do not hold; of many only the first are named. */
  readonly problems: readonly string[]
  readonly problemCount: number
}

export interface LedgerOptions {
  /** Heads that were kept elsewhere: they alone catch a ledger that was written anew by somebody who has the key. */
  readonly saved?: readonly HeadRow[]
  /** Public keys whose signatures count, base64 of 32 bytes; left out: any. */
  readonly keys?: ReadonlySet<string>
  readonly onProgress?: (done: { readonly links: number; readonly records: number }) => void
}

const named = 20

/**
 * The whole ledger of a tenant in one snapshot, so that the service may go on meanwhile: every link's hash and number, every
 * record against its digest, every signature, and the end of each chain against what was signed. Memory does not grow with it.
 */
export async function verifyLedger(
  database: Database,
  tenant: string,
  options: LedgerOptions = {},
): Promise<LedgerReport> {
  return readApart(database, [tenant], db => verifySnapshot(db, tenant, options))
}

async function verifySnapshot(db: Reader, tenant: string, options: LedgerOptions): Promise<LedgerReport> {
  const problems: string[] = []
  let problemCount = 0
  const problem = (sentence: string): void => {
    problemCount++
    if (problems.length < named) problems.push(sentence)
  }
  const done = { links: 0, records: 0 }
  const advance = (part: keyof typeof done, count: number): void => {
    done[part] += count
    options.onProgress?.(done)
  }
  const saved = (options.saved ?? []).filter(head => head.tenant === tenant)
  const chains = await chainsOf(db, tenant)
  const linkMonths = await monthsOf(db, 'receipt_links')
  const months = [await monthsOf(db, 'decisions'), await monthsOf(db, 'outcomes')]
  const lost = (there: ReadonlySet<string>, at: Date): boolean => !there.has(monthOf(at))
  let links = 0
  let unsigned = 0
  for (const chain of chains) {
    const report = await walkChain({
      db,
      chain,
      saved: saved.filter(head => head.chainId === chain.chainId),
      gone: at => !linkMonths.has(monthOf(at)),
      trusted: head => headHolds(head) && (options.keys?.has(head.publicKey.toString('base64')) ?? true),
      problem,
      onLinks: count => advance('links', count),
    })
    links += report.links
    unsigned += report.unsigned
  }
  for (const chainId of await orphans(db, tenant))
    problem(`chain ${chainId}: there are links or heads of it and no chain`)
  for (const chainId of new Set(saved.map(head => head.chainId)))
    if (!chains.some(chain => chain.chainId === chainId))
      problem(`chain ${chainId}: a head of it was saved and the whole chain is missing`)
  const began = chains[0]?.startedAt ?? null
  const { held, expired, before, erased } = await matchRecords({
    db,
    tenant,
    began,
    gone: at =>
      months.some(
        there => lost(there, at) || (began !== null && lost(there, hourBefore(at)) && hourBefore(at) >= began),
      ),
    problem,
    onRecords: count => advance('records', count),
  })
  const ok = problemCount === 0
  const counts = { chains: chains.length, links, records: held, erased, expired, before, unsigned }
  return { tenant, ok, ...counts, problems, problemCount }
}

/** A batch that was written as a month began holds records of the month before. */
const hourBefore = (at: Date): Date => new Date(at.getTime() - 3_600_000)
const monthOf = (at: Date): string => at.toISOString().slice(0, 7)
