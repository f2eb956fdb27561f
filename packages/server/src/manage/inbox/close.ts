import { holdFences } from '../../store/acts.ts'
import { addTransitions } from '../../store/case-state.ts'
import type { Db } from '../../store/db.ts'
import { factsOf } from './case-facts.ts'
import type { InboxDeps, Moved } from './deps.ts'
import { closeUnanswered, readInboxCases } from './inbox-rows.ts'
import { expiredCases, lockOverdue, type Overdue, purgeEnded, settledCases } from './settled-rows.ts'

const ends = {
  expired: { state: 'expired', reason: 'queue_ttl' },
  withdrawn: { state: 'suppressed', reason: 'outcome_known' },
} as const

/**
 * Closes cases that nobody has to look at any more. What was done before its audit stays as it was decided; what waited
 * ends as expired, or as suppressed because its outcome is known.
 * @returns the cases that moved; null: others hold them all just now
 */
export async function closeCases(
  db: Db,
  tenant: string,
  at: Date,
  cases: readonly Overdue[],
  as: keyof typeof ends,
): Promise<readonly Moved[] | null> {
  if (cases.length === 0) return null
  const held = await holdFences(
    db,
    tenant,
    cases.map(one => one.caseId),
    at,
  )
  const locked = await lockOverdue(
    db,
    tenant,
    at,
    cases.filter(one => held.has(one.caseId)),
  )
  if (locked.length === 0) return null
  const rows = await readInboxCases(db, tenant, locked)
  const facts = await factsOf(db, tenant, rows)
  const { state, reason } = ends[as]
  const waited = rows.filter(row => facts.get(row.caseId)?.state === 'queued')
  await addTransitions(
    db,
    tenant,
    at,
    waited.map(row => ({
      case: { ...row, decidedAt: row.recordedAt, state: 'queued' },
      to: state,
      reason,
      actor: 'system',
    })),
  )
  await closeUnanswered(db, tenant, rows, as, at)
  return waited.map(({ pod }) => ({ pod, from: 'queued', to: state, reason }))
}

const lot = 200

type CloseDeps = Pick<InboxDeps, 'db' | 'moved'>

/** Everything of one tenant that has expired or whose outcome is known, in lots of one transaction each. */
export async function closeOverdue(deps: CloseDeps, tenant: string, at: Date, signal?: AbortSignal): Promise<void> {
  const closeAll = async (find: typeof settledCases, as: keyof typeof ends): Promise<void> => {
    for (;;) {
      signal?.throwIfAborted()
      const done = await deps.db.transaction([tenant], async handle => {
        const found = await find(handle, tenant, at, lot)
        return { all: found.length < lot, moves: await closeCases(handle, tenant, at, found, as) }
      })
      if (done.moves !== null) deps.moved?.(done.moves)
      // What others hold just now is the next run's.
      if (done.all || done.moves === null) return
    }
  }
  // An outcome that is known says more than that nobody looked in time.
  await closeAll(settledCases, 'withdrawn')
  await closeAll(expiredCases, 'expired')
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
