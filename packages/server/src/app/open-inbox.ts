import { createHmac, randomUUID } from 'node:crypto'
import type { Fate } from '@surety/contract'
import type { Registry } from 'prom-client'
import { closeOverdue, closeTold, sweepInbox } from '../manage/inbox/close.ts'
import type { InboxDeps, Moved } from '../manage/inbox/deps.ts'
import { inbox } from '../manage/inbox/inbox.ts'
import { counter, gauge, histogram, mainQuestion } from '../metrics/register.ts'
import type { Arrived, Decided } from '../pipeline/item.ts'
import type { Lane } from '../pipeline/lane.ts'
import { pods } from '../pods.ts'
import type { StandingFigures } from '../runtime/standing-figures.ts'
import type { Task } from '../runtime/task.ts'
import type { Audit } from '../store/audit.ts'
import type { Database } from '../store/db.ts'
import { countInboxes } from '../store/inbox-counts.ts'
import { tenantsOf } from '../store/tenants.ts'
import type { Inbox } from '../transport/http/inbox-service.ts'
import type { Core } from './core.ts'

export interface OpenInboxOptions {
  readonly db: Database
  readonly core: Core
  readonly lane: Pick<Lane, 'submitMany'>
  readonly piiRoot: Buffer
  readonly now: () => Date
  readonly audit: Audit
  readonly registry: Registry
  readonly figures: StandingFigures
  /** Counts cases that moved from state to state. */
  moved(moves: readonly Moved[]): void
  readonly onError: (error: unknown, task?: string) => void
}

export interface OpenInbox extends AsyncDisposable {
  readonly service: Inbox
  readonly task: Task
  /** Told of every batch: cases whose outcome it brought wait for nobody any more, and are closed soon after. */
  observe(items: readonly (Arrived | Decided)[], fates: readonly Fate[]): void
}

/** The inbox with its metrics, its hourly sweep, and a sweep at once where a door came past much that is over. */
export function openInbox(options: OpenInboxOptions): OpenInbox {
  const { db, core, lane, piiRoot, now, audit, registry, onError } = options
  const deps: InboxDeps = {
    db,
    pods,
    now,
    uuid: randomUUID,
    report: events => lane.submitMany(events),
    async redact(tenant, text) {
      await core.deps.prepare(new Set([tenant]))
      return core.active.privacy(tenant).redact(text).text
    },
    previewKey: tenant => createHmac('sha256', piiRoot).update(`inbox-preview\n${tenant}`).digest(),
    audit,
    moved: options.moved,
    overdue: tenant => sweeps.wake(tenant),
    count: countersOf(registry),
  }
  const sweeps = sweepsOf((tenant, signal) => closeOverdue(deps, tenant, now(), signal), onError)
  // Cases with an outcome of a batch just written. Were this process killed now, the hourly sweep would find them.
  const told = new Map<string, Told[]>()
  const closing = sweepsOf(async tenant => {
    const cases = told.get(tenant) ?? []
    told.delete(tenant)
    await closeTold(deps, tenant, now(), cases)
  }, onError)
  gaugesOf(registry, options.figures, db, now)
  return {
    service: inbox(deps),
    task: {
      name: 'inbox-sweep',
      schedule: { cron: '11 * * * *', timeZone: 'UTC' },
      run: (at, signal, eachTenant) => eachTenant(tenant => sweepInbox(deps, [tenant], at, signal)),
    },
    observe(items, fates) {
      for (const [i, { raw, pod, kind, event }] of items.entries()) {
        if (kind.role !== 'answers' || fates[i]?.status !== 'recorded' || event.caseId === undefined) continue
        const cases = told.get(raw.tenant)
        if (cases === undefined) told.set(raw.tenant, [{ pod: pod.name, caseId: event.caseId }])
        else cases.push({ pod: pod.name, caseId: event.caseId })
      }
      for (const tenant of told.keys()) closing.wake(tenant)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([sweeps[Symbol.asyncDispose](), closing[Symbol.asyncDispose]()])
    },
  }
}

interface Told {
  readonly pod: string
  readonly caseId: string
}

/** One sweep of one tenant at a time; nobody waits for it. */
function sweepsOf(
  sweep: (tenant: string, signal: AbortSignal) => Promise<void>,
  onError: (error: unknown, task?: string) => void,
): AsyncDisposable & { wake(tenant: string): void } {
  const stop = new AbortController()
  const waiting = new Set<string>()
  let running: Promise<void> | null = null
  const work = async (): Promise<void> => {
    for (const tenant of waiting) {
      waiting.delete(tenant)
      try {
        await sweep(tenant, stop.signal)
      } catch (error) {
        if (stop.signal.aborted) return
        onError(error, 'inbox-sweep')
      }
    }
  }
  return {
    wake(tenant) {
      if (stop.signal.aborted) return
      waiting.add(tenant)
      running ??= work().finally(() => {
        running = null
      })
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

const question = mainQuestion

function countersOf(registry: Registry): NonNullable<InboxDeps['count']> {
  const answers = counter(registry, 'inbox_answers_total')
  const seconds = histogram(registry, 'inbox_answer_seconds')
  const hurried = counter(registry, 'inbox_hurried_total')
  for (const { name: pod } of pods) {
    for (const answer of ['approve', 'decline'])
      for (const quality of ['human', 'audit', 'bulk']) answers.inc({ pod, question, answer, quality }, 0)
    seconds.zero({ pod, question })
    hurried.inc({ pod, question }, 0)
  }
  return {
    answered({ pod, answer, quality, cases, seconds: took }) {
      answers.inc({ pod, question, answer, quality }, cases)
      if (took !== null) seconds.observe({ pod, question }, took)
    },
    hurried: pod => hurried.inc({ pod, question }),
  }
}

/** Over all tenants: a tenant's own numbers are in its list. */
function gaugesOf(registry: Registry, figures: StandingFigures, db: Database, now: () => Date): void {
  const open = gauge(registry, 'inbox_open')
  const overdue = gauge(registry, 'inbox_overdue')
  const leased = gauge(registry, 'inbox_leased')
  for (const { name: pod } of pods) for (const one of [open, overdue, leased]) one.set({ pod, question }, 0)
  figures.add(async () => {
    const tenants = await db.transaction([], tenantsOf)
    for (const { name: pod } of pods) {
      const known = await db.read(tenants, reader => countInboxes(reader, [pod], now()))
      open.set({ pod, question }, known.open)
      overdue.set({ pod, question }, known.overdue)
      leased.set({ pod, question }, known.leased)
    }
  })
}
