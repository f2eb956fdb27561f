import { tickDays } from '@surety/contract'
import type { EachTenant } from '../../runtime/task.ts'
import { lookBackDays } from '../../store/calibration-rows.ts'
import { expireContacts } from '../../store/contact-retention.ts'
import type { Database, Db } from '../../store/db.ts'
import { dropPartitions } from '../../store/drop-partitions.ts'
import { eraseLate } from '../../store/erasure.ts'
import { forgetRecords, forgetUncounted } from '../../store/forget-records.ts'
import { forgetOnceActs } from '../../store/once-acts.ts'
import { makeMonths } from '../../store/partitions.ts'
import { makeRecentDays, writtenDay } from '../../store/recent-event-keys.ts'
import { expireTexts, trimMessages } from '../../store/retention.ts'
import { assertSameClock } from './same-clock.ts'

export interface RetainOptions {
  readonly db: Database
  readonly memoryTtlDays: number
  readonly contactTtlDays: number
  /** Days that events, decisions and what became of them are kept; 0 keeps them. */
  readonly recordTtlDays: number
  /** Days that ids with an end are kept at the least; null or left out: there are none. */
  readonly rememberDays?: number | null
  /** The wall clock, held against that of the database before anything goes; null where time is virtual. */
  readonly wallClock: (() => Date) | null
  /** Throws where nothing may go, though the clocks agree; left out: it may. */
  readonly mayDelete?: () => Promise<void>
  forgetOldKeys(db: Db, at: Date): Promise<unknown>
  /** Aborted when the process stops: what was done stays, the rest is the next run's. */
  readonly signal?: AbortSignal | undefined
}

const dayMs = 86_400_000
/** What became of a decision is kept this much longer, so that nothing looks undone while its decision is still there. */
const aftermathDays = 31

/** No statement is under way for so long. */
const lateErasureDays = 2

/** What is done once only is looked at by events that come this late, at the least. */
const lateDays = 31

/**
 * Hourly: partitions for this month and the next, expired texts and contact fields, old idempotency keys, and whole months
 * that nothing has to keep. Months are of all tenants, and what hangs on their cases goes first: they are dropped by a run that
 * visited all of them and failed for none.
 * @throws where the clocks of this process and of the database differ
 */
export async function retain(deps: RetainOptions, at: Date, eachTenant: EachTenant): Promise<void> {
  const { db, wallClock } = deps
  await makeMonths(db, at, new Date(at.getTime() + 35 * dayMs))
  if ((deps.rememberDays ?? null) !== null) await makeRecentDays(db, at)
  // Room for what comes is made by whatever clock; nothing goes by a wrong one.
  if (wallClock !== null) await assertSameClock(db, wallClock)
  await deps.mayDelete?.()
  if (await eachTenant(tenant => retainOne(deps, tenant, at))) await dropOld(deps, at)
}

async function retainOne(deps: RetainOptions, tenant: string, at: Date): Promise<void> {
  const { db, memoryTtlDays, contactTtlDays, recordTtlDays, signal } = deps
  const options = { signal, now: at }
  const before = (days: number) => new Date(at.getTime() - days * dayMs)
  await db.transaction([tenant], handle => deps.forgetOldKeys(handle, at))
  await db.transaction([tenant], handle => eraseLate(handle, tenant, before(lateErasureDays)))
  await trimMessages(db, tenant, at, options)
  while ((await db.transaction([tenant], handle => forgetOnceActs(handle, tenant, before(lateDays), 1000))) === 1000)
    signal?.throwIfAborted()
  if (memoryTtlDays > 0) await expireTexts(db, tenant, before(memoryTtlDays), options)
  if (contactTtlDays > 0) await expireContacts(db, tenant, before(contactTtlDays), options)
  await forgetUncounted(db, tenant, monthOf(before(lookBackDays)), options)
  if (recordTtlDays > 0) await forgetRecords(db, tenant, monthOf(before(recordTtlDays)), options)
}

/** Links of receipts stay: they hold the digests of what is dropped, so that a chain is still whole. */
async function dropOld(deps: RetainOptions, at: Date): Promise<void> {
  const { db, memoryTtlDays, recordTtlDays, signal } = deps
  const keptFrom = (days: number) => new Date(at.getTime() - days * dayMs)
  // A conversation goes with its case at the latest.
  const messageDays = Math.min(...[memoryTtlDays, recordTtlDays].filter(days => days > 0))
  // The day that is written stays, however long ago it began.
  const written = await db.read([], writtenDay)
  const remembered = keptFrom(deps.rememberDays ?? 0)
  await dropPartitions(
    db,
    {
      ...(messageDays < Infinity ? { messages: keptFrom(messageDays) } : {}),
      ...(written === null ? {} : { recent_event_keys: earlier(remembered, written) }),
      tick_folds: keptFrom(tickDays),
      ...(recordTtlDays > 0
        ? {
            events: keptFrom(recordTtlDays),
            decisions: keptFrom(recordTtlDays),
            predictions: keptFrom(recordTtlDays),
            evaluations: keptFrom(recordTtlDays),
            finding_groups: keptFrom(recordTtlDays),
            outcomes: keptFrom(recordTtlDays + aftermathDays),
            transitions: keptFrom(recordTtlDays + aftermathDays),
            acts: keptFrom(recordTtlDays + aftermathDays),
          }
        : {}),
    },
    signal,
  )
}

const earlier = (one: Date, other: Date): Date => (one < other ? one : other)

/** Months go whole: the first moment of the month that is kept. */
const monthOf = (at: Date): Date => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1))
