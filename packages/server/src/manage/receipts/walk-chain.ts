import type { Reader } from '../../store/db.ts'
import { chainStart, linkHash, recordsHash } from '../../store/receipt-chain.ts'
import { type ChainRow, type HeadRow, headsBetween, linksAfter } from '../../store/receipt-rows.ts'
import { headHolds } from './head.ts'

export interface ChainReport {
  readonly links: number
  /** Links after the newest signed head: they are as sure as the database, and no surer. */
  readonly unsigned: number
}

export interface ChainWalk {
  readonly db: Reader
  readonly chain: ChainRow
  /** Only so many links, the last ones; left out: all. */
  readonly last?: number
  /** Heads of this chain that were kept elsewhere. */
  readonly saved: readonly HeadRow[]
  /** Whether a head was signed by a key of this installation. */
  readonly trusted: (head: HeadRow) => boolean
  /** True: links of that moment may have gone with their month. */
  readonly gone: (at: Date) => boolean
  readonly problem: (sentence: string) => void
  readonly onLinks?: (count: number) => void
}

const pageLinks = 500

/** Every link of a chain, or the last ones, page by page: number, hash, signed heads on the way, and whether it ends where it should. */
export async function walkChain(walk: ChainWalk): Promise<ChainReport> {
  const { db, chain, problem } = walk
  const { tenant, chainId } = chain
  const name = `chain ${chainId}`
  let { seq, hash } = await startOf(walk, name)
  let signed = seq
  let links = 0
  for (;;) {
    const page = await linksAfter(db, tenant, chainId, seq, pageLinks)
    const [first] = page
    if (first === undefined) break
    if (seq === 0 && first.seq > 1 && walk.gone(chain.startedAt)) {
      // The beginning went by retention; what is left must begin where a signed head says.
      const [anchor] = await headsBetween(db, tenant, chainId, first.seq - 1, first.seq - 1)
      if (anchor === undefined || !walk.trusted(anchor) || !anchor.hash.equals(first.previous))
        problem(`${name}: it begins with link ${first.seq}, and no signed head says that the one before ended there`)
      seq = first.seq - 1
      hash = first.previous
    }
    const hashes = new Map<number, Buffer>()
    for (const link of page) {
      if (link.seq !== seq + 1) {
        problem(
          link.seq > seq + 1
            ? `${name}: link ${seq + 1} is missing${link.seq > seq + 2 ? `, and those up to ${link.seq - 1}` : ''}`
            : `${name}: link ${link.seq} is there twice`,
        )
      } else if (!link.previous.equals(hash)) problem(`${name}: link ${link.seq} does not follow the one before`)
      const { previous, recordedAt, digests } = link
      const expected = linkHash(previous, { seq: link.seq, recordedAt, records: recordsHash(digests) })
      if (!expected.equals(link.hash)) problem(`${name}: link ${link.seq} was changed`)
      seq = link.seq
      hash = link.hash
      hashes.set(seq, hash)
      links++
    }
    walk.onLinks?.(page.length)
    for (const head of await headsBetween(db, tenant, chainId, first.seq, seq)) {
      if (!headHolds(head)) problem(`${name}: the signature of the head at link ${head.length} does not hold`)
      else if (!walk.trusted(head))
        problem(
          `${name}: the head at link ${head.length} was signed with key ${head.keyId}, which is not one of this installation (MODEL_SIGNING_KEY, MODEL_TRUSTED_KEYS)`,
        )
      else if (hashes.get(head.length)?.equals(head.hash)) signed = head.length
      else problem(`${name}: link ${head.length} is not the one that was signed at ${head.signedAt.toISOString()}`)
    }
    for (const head of walk.saved) {
      const found = head.length >= first.seq && head.length <= seq ? hashes.get(head.length) : undefined
      if (found !== undefined && !found.equals(head.hash))
        problem(`${name}: link ${head.length} is not the one whose head was saved at ${head.signedAt.toISOString()}`)
    }
  }
  await checkEnd(walk, name, seq, hash)
  return { links, unsigned: seq - signed }
}

/** Where the walk begins: the link before it, of which only the hash is believed. */
async function startOf({ db, chain, last, gone, problem }: ChainWalk, name: string) {
  const { tenant, chainId, length } = chain
  const beginning = { seq: 0, hash: chainStart(tenant, chainId) }
  const seq = Math.max(0, length - (last ?? length))
  if (seq === 0) return beginning
  const [found] = await linksAfter(db, tenant, chainId, seq - 1, 1)
  if (found?.seq === seq) return { seq, hash: found.hash }
  // Of a chain whose beginning went by retention there are fewer than that left.
  if (gone(chain.startedAt)) return beginning
  problem(`${name}: link ${seq} is missing`)
  return { seq, hash: found?.previous ?? chain.hash }
}

async function checkEnd({ db, chain, saved, problem }: ChainWalk, name: string, seq: number, hash: Buffer) {
  if (seq < chain.length)
    problem(`${name}: it should have ${chain.length} links and ends after ${seq}; the tail is missing`)
  else if (seq > chain.length) problem(`${name}: it should end after ${chain.length} links and has ${seq}`)
  else if (!hash.equals(chain.hash)) problem(`${name}: its state is not the hash of its last link`)
  const later = await headsBetween(db, chain.tenant, chain.chainId, seq + 1, Number.MAX_SAFE_INTEGER)
  const beyond = [...later.filter(headHolds), ...saved.filter(head => head.length > seq)]
  const longest = beyond.toSorted((a, b) => b.length - a.length)[0]
  if (longest !== undefined)
    problem(
      `${name}: it had ${longest.length} links when it was signed at ${longest.signedAt.toISOString()} and has ${seq}; the tail is missing`,
    )
  if (later.some(head => !headHolds(head))) problem(`${name}: a head beyond its end was not signed by its key`)
}
