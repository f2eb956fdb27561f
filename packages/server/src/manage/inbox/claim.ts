import type { InboxNext, InboxOrder, Principal } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { actsOfCase } from '../../store/acts.ts'
import { factsOf } from '../../store/case-facts.ts'
import type { Tx } from '../../store/db.ts'
import { touchCase } from '../../store/fences.ts'
import { eachDecision, type InboxCase, isLeasedAt } from '../../store/inbox.ts'
import { countInbox } from '../../store/inbox-counts.ts'
import { leaseCases, lockInboxCase, moveLease, ownLease, serialiseHolder } from '../../store/inbox-leases.ts'
import { isOver, settledOf } from '../../store/inbox-overdue.ts'
import type { InboxPlace, PassedCase, Walk } from '../../store/inbox-walk.ts'
import { closeCases, closePassed } from './close.ts'
import { after, holderOf, type InboxDeps, leaseMs, podNames } from './deps.ts'
import { countsView } from './item-view.ts'
import { viewsOf } from './list.ts'
import { mostAtTheDoor, pickFree } from './walk.ts'

export interface NextOptions {
  readonly pod?: string
  readonly order: InboxOrder
  readonly except: readonly string[]
}

/** One case for one person; a lease of theirs that still runs is given again. */
export async function nextCase(deps: InboxDeps, actor: Principal, options: NextOptions): Promise<InboxNext> {
  const { tenant } = actor
  const at = deps.now()
  const pods = podNames(deps, options.pod)
  const except = [...options.except]
  const over: PassedCase[] = []
  let from: InboxPlace | null = null
  for (;;) {
    const way: Omit<Walk, 'limit'> = { tenant, pods, order: options.order, at, after: from }
    const { found, passed, next } = await deps.db.transaction([tenant], db => takeOne(db, deps, actor, way, except))
    over.push(...passed.slice(0, mostAtTheDoor + 1 - over.length))
    if (found === null && next !== null) {
      from = next
      if (over.length > mostAtTheDoor) deps.overdue?.(tenant)
      continue
    }
    await closePassed(deps, tenant, at, over.splice(0))
    if (found !== null && found.over !== null) {
      // Nobody is handed a case that is settled. Whether it could be closed just now or not, this call goes on without it.
      except.push(found.row.caseId)
      const { row, over } = found
      const moves = await deps.db.transaction([tenant], db => closeCases(db, tenant, at, [row], over))
      if (moves !== null) deps.moved?.(moves)
      continue
    }
    if (found !== null && !found.again) await touchOnClaim(deps, tenant, found.row, at)
    return deps.db.read([tenant], async db => {
      const [view] = found === null ? [] : await viewsOf(deps, db, actor, [found.row], at)
      return {
        case: view ?? null,
        lease_token: found?.row.leaseToken ?? null,
        leased_until: found?.row.leaseUntil?.toISOString() ?? null,
        counts: countsView(await countInbox(db, tenant, pods, at)),
        as_of: at.toISOString(),
      }
    })
  }
}

interface Taken {
  readonly row: InboxCase
  readonly again: boolean
  /** Its outcome became known just now. */
  readonly over: 'withdrawn' | null
}

async function takeOne(
  db: Tx,
  deps: InboxDeps,
  actor: Principal,
  way: Omit<Walk, 'limit'>,
  except: readonly string[],
): Promise<{
  readonly found: Taken | null
  readonly passed: readonly PassedCase[]
  readonly next: InboxPlace | null
}> {
  const { tenant, pods, at } = way
  const holder = holderOf(actor)
  await serialiseHolder(db, tenant, holder)
  const own = await ownLease(db, tenant, pods, at, holder)
  const { row, over, next } = own === null ? await pickFree(db, way, except) : { row: own, over: [], next: null }
  const taken = (found: Taken | null) => ({ found, passed: over, next })
  if (row === null) return taken(null)
  if (isOver(row, await settledOf(db, tenant, [row]))) {
    if (own !== null) await moveLease(db, tenant, row, null)
    return taken({ row, again: false, over: 'withdrawn' })
  }
  if (own !== null) return taken({ row, again: true, over: null })
  const lease = { holder, token: deps.uuid(), at, until: after(at, leaseMs) }
  await leaseCases(db, tenant, [row], lease)
  const leased = { leaseHolder: holder, leaseToken: lease.token, leasedAt: at, leaseUntil: lease.until }
  return taken({ row: { ...row, ...leased }, again: false, over: null })
}

/**
 * Whoever takes a case in hand stops what the machine had in mind for it. What was done already is only audited, and stays
 * as it is. A transaction of its own, because fences are locked before anything else of a case.
 */
async function touchOnClaim(deps: InboxDeps, tenant: string, row: InboxCase, at: Date): Promise<void> {
  await deps.db.transaction([tenant], async db => {
    if (row.audit) {
      const facts = await factsOf(db, tenant, eachDecision(row))
      const acts = await actsOfCase(db, tenant, row.caseId, row.recordedAt)
      const waits =
        [...facts.values()].some(({ state }) => state === 'queued') || acts.some(act => act.state === 'pending')
      if (!waits) return
    }
    await touchCase(db, tenant, row.caseId, 'inbox_claim', at)
  })
}

/** The row, locked, if it is open and leased under this token. @throws Problem */
export async function leasedRow(
  db: Tx,
  deps: InboxDeps,
  actor: Principal,
  caseId: string,
  token: string,
  at: Date,
): Promise<InboxCase> {
  const row = await lockInboxCase(db, actor.tenant, podNames(deps, undefined), caseId)
  if (row === null) throw new Problem('case_not_found')
  if (row.state !== 'open') throw new Problem('case_closed')
  const mine = row.leaseToken === token && row.leaseHolder === holderOf(actor)
  if (!mine || !isLeasedAt(row.leaseUntil, at)) throw new Problem('lease_lost')
  return row
}

export async function releaseCase(deps: InboxDeps, actor: Principal, caseId: string, token: string): Promise<void> {
  const at = deps.now()
  await deps.db.transaction([actor.tenant], async db => {
    const row = await leasedRow(db, deps, actor, caseId, token, at)
    await moveLease(db, actor.tenant, row, null)
  })
}

/** @returns until when the lease runs now */
export async function extendLease(deps: InboxDeps, actor: Principal, caseId: string, token: string): Promise<Date> {
  const at = deps.now()
  const until = after(at, leaseMs)
  await deps.db.transaction([actor.tenant], async db => {
    const row = await leasedRow(db, deps, actor, caseId, token, at)
    await moveLease(db, actor.tenant, row, until)
  })
  return until
}
