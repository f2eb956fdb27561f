import type { Reader, Tx } from '../../store/db.ts'
import type { InboxCase } from '../../store/inbox.ts'
import { lockFirstFree } from '../../store/inbox-leases.ts'
import { type InboxPlace, type PassedCase, passCases, type Walk } from '../../store/inbox-walk.ts'

type Way = Omit<Walk, 'limit'>

/** One page of an inbox. */
export interface Page {
  readonly cases: readonly PassedCase[]
  /** After which the next page begins; null: there is none. */
  readonly next: InboxPlace | null
  /** What it came past and did not show. */
  readonly over: readonly PassedCase[]
}

/** A page that finds little but what is over ends here, short, and the next one goes on. */
const mostPassed = 2_000
const step = 500

/** What waits. A case that is over is passed by, closed or not. */
export async function pageOfInbox(db: Reader, way: Way, wanted: number): Promise<Page> {
  const cases: PassedCase[] = []
  const over: PassedCase[] = []
  let after = way.after
  for (let passed = 0; passed < mostPassed; ) {
    const limit = passed === 0 ? wanted + 1 : step
    const found = await passCases(db, { ...way, after, limit })
    for (const one of found) {
      if (one.over !== null) over.push(one)
      else if (cases.length === wanted) return { cases, next: cases.at(-1)!, over }
      else cases.push(one)
    }
    if (found.length < limit) return { cases, next: null, over }
    passed += found.length
    after = found.at(-1)!
  }
  return { cases, next: after, over }
}

/** As many as look at one moment are each given their own. */
const firstLook = 32
const widestLook = 2_000

/** A door closes so many of what it came past, and leaves the rest to the sweep. */
export const mostAtTheDoor = 50

/**
 * The first case that is free, locked, and of what it came past that is over as many as say whether a door closes all.
 * `next`: it came past so much that this transaction was long enough; the next one goes on there.
 */
export async function pickFree(
  db: Tx,
  way: Way,
  except: readonly string[],
): Promise<{
  readonly row: InboxCase | null
  readonly over: readonly PassedCase[]
  readonly next: InboxPlace | null
}> {
  const over: PassedCase[] = []
  const spared = new Set(except)
  let after = way.after
  let passed = 0
  for (let limit = firstLook; ; limit = Math.min(4 * limit, widestLook)) {
    const found = await passCases(db, { ...way, after, limit })
    const ended = found.filter(one => one.over !== null && !spared.has(one.caseId))
    over.push(...ended.slice(0, mostAtTheDoor + 1 - over.length))
    const free = found.filter(one => !one.leased && one.over === null && !spared.has(one.caseId))
    const row = await lockFirstFree(db, way.tenant, way.at, free)
    if (row !== null || found.length < limit) return { row, over, next: null }
    after = found.at(-1)!
    passed += found.length
    if (passed >= mostPassed) return { row: null, over, next: after }
  }
}
