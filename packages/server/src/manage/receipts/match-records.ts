import type { Reader } from '../../store/db.ts'
import { erasureSeals } from '../../store/erasure.ts'
import { type DigestedRow, extentOf, linksOfTime, recordsOfTime } from '../../store/receipt-rows.ts'

export interface MatchReport {
  /** Records whose digest is in a link. */
  readonly held: number
  /** Digests whose records went with their month, by retention. */
  readonly expired: number
  /** Records from before the first chain of the tenant. */
  readonly before: number
  /** Of those held, how many were erased since: their digests are those of what was written. */
  readonly erased: number
}

export interface Matching {
  readonly db: Reader
  readonly tenant: string
  /** When the first chain of the tenant began; null: it has none. */
  readonly began: Date | null
  /** True: records of that moment may have gone with their month. */
  readonly gone: (at: Date) => boolean
  readonly problem: (sentence: string) => void
  readonly onRecords?: (count: number) => void
}

const hourMs = 3_600_000
/** A stretch of time grows and shrinks so that about this many rows are held at once. */
const wantedRows = 5_000
const longestMs = 400 * 24 * hourMs
/** So many records that no link holds are kept to be named; more mean that the whole is false. */
const keptOpen = 100_000

/**
 * Every record against the digests of the links, both in the order of time. A link is dated like the newest record of its
 * batch, so a record waits only for links that come; what still waits at the end is in none.
 */
export async function matchRecords(matching: Matching): Promise<MatchReport> {
  const { db, tenant, problem } = matching
  const began = matching.began ?? new Date(8.64e15)
  // Batches wait for each other and clocks differ: the first link is not that of the oldest record.
  const since = matching.began === null ? began : new Date(began.getTime() - hourMs)
  const extent = await extentOf(db, tenant, since)
  let { before } = extent
  let held = 0
  let expired = 0
  let erased = 0
  let seals: ReadonlySet<string> | null = null
  const open = new Map<string, DigestedRow>()
  const end = extent.to === null || extent.from === null ? 0 : extent.to.getTime() + 1
  let widthMs = 60_000
  for (let from = extent.from?.getTime() ?? 0; from < end; ) {
    const to = Math.min(from + widthMs, end)
    const rows = await recordsOfTime(db, tenant, extent.pods, new Date(from), new Date(to))
    for (const row of rows) {
      if (row.predictionsChanged) problem(`what another version said of ${nameOf(row)} is not what was written`)
      if (row.seal !== null) {
        seals ??= await erasureSeals(db, tenant)
        erased++
        if (!seals.has(row.seal))
          problem(`${nameOf(row)} is said to be erased, and what is left of it is not what the audit log says was left`)
      }
      const key = row.digest.toString('latin1')
      if (open.has(key)) problem(`${nameOf(row)} is stored twice`)
      else open.set(key, row)
    }
    for (const link of await linksOfTime(db, tenant, new Date(from), new Date(to)))
      for (let i = 0; i < link.digests.length; i += 32) {
        if (open.delete(link.digests.toString('latin1', i, i + 32))) held++
        else if (matching.gone(link.recordedAt)) expired++
        else
          problem(
            `chain ${link.chainId}: record ${i / 32 + 1} of link ${link.seq}, recorded by ${link.recordedAt.toISOString()}, is not there as it was written (changed or deleted)`,
          )
      }
    if (open.size > keptOpen) {
      problem(`more than ${keptOpen} records are in no link; the first is ${nameOf([...open.values()][0]!)}`)
      return { held, expired, before, erased }
    }
    matching.onRecords?.(rows.length)
    if (rows.length > wantedRows) widthMs = Math.max(1_000, widthMs / 2)
    else if (rows.length < wantedRows / 4) widthMs = Math.min(longestMs, widthMs * 2)
    from = to
  }
  for (const row of open.values())
    if (row.recordedAt < began) before++
    else problem(`${nameOf(row)} is in no link (changed after it was written, or added)`)
  return { held, expired, before, erased }
}

const nameOf = (row: DigestedRow): string =>
  `${row.kind} ${row.id}${row.kind === 'outcome' ? ' (event id)' : ''}, recorded at ${row.recordedAt.toISOString()},`
