import type { Moved } from '../../runtime/events.ts'
import { factsOf } from '../../store/case-facts.ts'
import { askAgain } from '../../store/cases-asked.ts'
import type { Reader, Tx } from '../../store/db.ts'
import { holdFences } from '../../store/fences.ts'
import { eachDecision, type InboxCase, readInboxCases } from '../../store/inbox.ts'
import { closeUnanswered, purgeEnded } from '../../store/inbox-endings.ts'
import {
  beforeOpen,
  expiredCases,
  lockOverdue,
  type Overdue,
  podsWithOpen,
  settledAmong,
  settledBetween,
  settledInHand,
  settledOf,
} from '../../store/inbox-overdue.ts'
import type { PassedCase } from '../../store/inbox-walk.ts'
import { eachTimePage } from '../../store/time-pages.ts'
import { addTransitions } from '../../store/transitions.ts'
import { ends, type InboxDeps } from './deps.ts'
import { mostAtTheDoor } from './walk.ts'

/**
 * Closes cases that nobody has to look at any more. What was done before its audit stays as it was decided; what waited
 * ends as expired, or as suppressed because its outcome is known.
 * @returns the cases that moved; null: others hold them all just now
 */
export async function closeCases(
  db: Tx,
  tenant: string,
  at: Date,
  cases: readonly Overdue[],
  as: keyof typeof ends,
): Promise<readonly Moved[] | null> {
  if (cases.length === 0) return null
  const fences = await holdFences(
    db,
    tenant,
    cases.map(one => one.caseId),
    at,
  )
  const locked = await lockOverdue(db, tenant, at, cases, fences)
  if (locked.length === 0) return null
  const rows = (await readInboxCases(db, tenant, locked)).map(row => ({ ...row, held: fences.get(row.caseId)! }))
  const each = rows.flatMap(eachDecision)
  const facts = await factsOf(db, tenant, each)
  // Of several decisions in one place the outcome of some may be known: that says more than that nobody looked in time.
  const known = as === 'expired' ? await settledOf(db, tenant, rows) : null
  const endOf = ({ decisionId }: InboxCase) => ends[known?.has(decisionId) === true ? 'withdrawn' : as]
  const waited = each.filter(row => facts.get(row.decisionId)?.state === 'queued')
  await addTransitions(
    db,
    tenant,
    at,
    waited.map(row => ({
      held: row.held,
      case: { ...row, decidedAt: row.recordedAt, state: 'queued' },
      to: endOf(row).state,
      reason: endOf(row).reason,
      actor: 'system',
    })),
  )
  if (as === 'expired')
    await askAgain(
      db,
      tenant,
      waited.map(row => ({ ...row, decidedAt: row.recordedAt })),
    )
  await closeUnanswered(db, tenant, rows, as, at)
  return waited.map(row => ({
    pod: row.pod,
    action: row.action,
    from: 'queued',
    to: endOf(row).state,
    reason: endOf(row).reason,
  }))
}

const lot = 200

type CloseDeps = Pick<InboxDeps, 'db' | 'moved'>

/** One transaction of its own. @returns false: others hold them all just now, which leaves them to the next run */
async function closeLot(
  { db, moved }: CloseDeps,
  tenant: string,
  at: Date,
  cases: readonly Overdue[],
  as: keyof typeof ends,
): Promise<boolean> {
  if (cases.length === 0) return true
  const moves = await db.transaction([tenant], handle => closeCases(handle, tenant, at, cases, as))
  if (moves !== null) moved?.(moves)
  return moves !== null
}

/** An outcome that is known says more than that nobody looked in time. */
export async function closeExpired(
  deps: CloseDeps,
  tenant: string,
  at: Date,
  cases: readonly Overdue[],
): Promise<boolean> {
  const settled = await deps.db.read([tenant], reader => settledAmong(reader, tenant, cases))
  const known = new Set(settled.map(one => `${one.pod}\n${one.caseId}`))
  const unknown = cases.filter(one => !known.has(`${one.pod}\n${one.caseId}`))
  const withdrawn = await closeLot(deps, tenant, at, settled, 'withdrawn')
  return (await closeLot(deps, tenant, at, unknown, 'expired')) && withdrawn
}

/**
 * Everything of one tenant that has expired or whose outcome is known, in lots of one transaction each. Outcomes are read
 * from where the last run ended, and a few minutes before; the first run begins with what waits longest. What is missed so (recorded by a clock that lies further back,
 * or given back after the run) no door hands out, and it ends at the latest when it expires.
 */
export async function closeOverdue(deps: CloseDeps, tenant: string, at: Date, signal?: AbortSignal): Promise<void> {
  const { db } = deps
  for (const pod of await db.read([tenant], reader => podsWithOpen(reader, tenant)))
    for (;;) {
      signal?.throwIfAborted()
      const found = await db.read([tenant], reader => expiredCases(reader, tenant, pod, at, lot))
      if (!(await closeExpired(deps, tenant, at, found)) || found.length < lot) break
    }
  await closeSettled(deps, tenant, at, signal)
  const inHand = await db.read([tenant], reader => settledInHand(reader, tenant, at, lot))
  await closeLot(deps, tenant, at, inHand, 'withdrawn')
}

/** Closes, of cases that an outcome was told of, those that wait for somebody: in lots of one transaction each. */
export async function closeTold(deps: CloseDeps, tenant: string, at: Date, told: readonly Overdue[]): Promise<void> {
  for (let from = 0; from < told.length; from += lot) {
    const some = told.slice(from, from + lot)
    const settled = await deps.db.read([tenant], reader => settledAmong(reader, tenant, some))
    await closeLot(deps, tenant, at, settled, 'withdrawn')
  }
}

async function closeSettled(deps: CloseDeps, tenant: string, at: Date, signal: AbortSignal | undefined): Promise<void> {
  let committed: readonly Moved[] = []
  const tell = (): void => {
    if (committed.length > 0) deps.moved?.(committed)
    committed = []
  }
  const walk = {
    db: deps.db,
    tenant,
    table: 'outcomes' as const,
    purpose: 'inbox-settled',
    until: new Date(at.getTime() + 1),
    now: at,
    overlapMinutes: 10,
    begin: (db: Reader, pod: string) => beforeOpen(db, tenant, pod),
    pageRows: 500,
    signal,
  }
  await eachTimePage(walk, async (db, page) => {
    // The page before this one is committed.
    tell()
    const found = await settledBetween(db, tenant, at, page)
    committed = (await closeCases(db, tenant, at, found, 'withdrawn')) ?? []
  })
  tell()
}

export async function closePassed(
  deps: Pick<InboxDeps, 'db' | 'moved' | 'overdue'>,
  tenant: string,
  at: Date,
  passed: readonly PassedCase[],
): Promise<void> {
  if (passed.length === 0) return
  const some = passed.slice(0, mostAtTheDoor)
  await closeLot(
    deps,
    tenant,
    at,
    some.filter(one => one.over === 'withdrawn'),
    'withdrawn',
  )
  const expired = some.filter(one => one.over === 'expired')
  if (expired.length > 0) await closeExpired(deps, tenant, at, expired)
  if (passed.length > some.length) deps.overdue?.(tenant)
}

const keptMs = 30 * 86_400_000

/** Hourly for each tenant: closes what is overdue, and forgets rows that ended 30 days ago. */
export async function sweepInbox(
  deps: CloseDeps,
  tenants: readonly string[],
  at: Date,
  signal?: AbortSignal,
): Promise<void> {
  for (const tenant of tenants) {
    await closeOverdue(deps, tenant, at, signal)
    const before = new Date(at.getTime() - keptMs)
    while ((await deps.db.transaction([tenant], handle => purgeEnded(handle, tenant, before, 1000))) === 1000)
      signal?.throwIfAborted()
  }
}
