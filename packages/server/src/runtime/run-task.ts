import type { Database } from '../store/db.ts'
import { endTask, keepTask, type TaskEnd } from '../store/tasks.ts'
import type { Clock } from './clock.ts'
import { retryMs } from './due.ts'
import { keepLease } from './lease.ts'
import type { EachTenant, Task } from './task.ts'

export interface RunOptions {
  readonly db: Database
  readonly clock: Clock
  /** How long a process that died keeps others from its task. */
  readonly leaseMs: number
  tenants(): Promise<readonly string[]>
  /** Aborted when the process stops. */
  readonly signal: AbortSignal
  /** Of a tenant only its name is told. */
  readonly onError: (error: unknown, task: string, tenant?: string) => void
  /** How long a run may take to hear that the process stops. */
  readonly patienceMs?: number
}

/** A run that this process holds. */
export interface Taken {
  readonly task: Task
  readonly holder: string
  readonly at: Date
  /** Tenants that failed last time, when the run is only about them; else none. */
  readonly only: readonly string[]
  /** With this one, since the last that ended well. */
  readonly attempts: number
  readonly asked: { readonly askedAt: Date | null; readonly askedBy: string | null }
}

export interface RunEnd {
  readonly state: TaskEnd['state']
  readonly durationMs: number
  readonly at: Date
}

/** Does what was taken, keeps the lease meanwhile, and writes how it ended. Throws only when that cannot be written. */
export async function runTask(taken: Taken, deps: RunOptions): Promise<RunEnd> {
  const { task, holder, at } = taken
  const { db, clock, leaseMs } = deps
  const lost = new AbortController()
  const began = clock.monotonicMs()
  let end: TaskEnd
  {
    const onLost = (): void => lost.abort(new Error('the lease of this run has ended'))
    await using _ = keepLease({ leaseMs, keep: () => keepTask(db, task.name, holder, leaseMs), onLost })
    end = await orLeft(attempt(taken, deps, AbortSignal.any([deps.signal, lost.signal])), taken, deps)
  }
  const durationMs = clock.monotonicMs() - began
  const run = { task: task.name, holder, endedAt: new Date(at.getTime() + durationMs), durationMs }
  if (!(await endTask(db, run, end))) throw new Error('another process took the task before this run had ended')
  return { state: end.state, durationMs, at }
}

/** A run that hangs while the process stops is left: its lease is given back, and it ends with the connections. */
async function orLeft(run: Promise<TaskEnd>, { asked }: Taken, deps: RunOptions): Promise<TaskEnd> {
  const { clock, signal, patienceMs = 5_000 } = deps
  const left = Promise.withResolvers<TaskEnd>()
  const leave = (): void => void clock.after(patienceMs, () => left.resolve({ state: 'stopped', ...asked }))
  if (signal.aborted) leave()
  else signal.addEventListener('abort', leave, { once: true })
  try {
    return await Promise.race([run, left.promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

async function attempt(taken: Taken, deps: RunOptions, signal: AbortSignal): Promise<TaskEnd> {
  const began = deps.clock.monotonicMs()
  const { task, at, attempts, asked } = taken
  const tenantsFailed: string[] = []
  const told = (error: unknown, tenant: string): void => {
    tenantsFailed.push(tenant)
    deps.onError(error, task.name, tenant)
  }
  const failed = (errorCode: string): TaskEnd => {
    // By the clock that the run was taken by, whatever that of this process says.
    const retryAt = new Date(at.getTime() + deps.clock.monotonicMs() - began + retryMs(attempts))
    return { state: 'failed', retryAt, errorCode, tenantsFailed: errorCode === someTenants ? tenantsFailed : [] }
  }
  try {
    await task.run(at, signal, visits(deps.tenants, taken.only, signal, told), asked.askedAt !== null)
    return tenantsFailed.length === 0 ? { state: 'ok', at } : failed(someTenants)
  } catch (error) {
    if (deps.signal.aborted) return { state: 'stopped', ...asked }
    deps.onError(error, task.name)
    return failed(codeOf(error))
  }
}

const visits =
  (
    tenants: () => Promise<readonly string[]>,
    only: readonly string[],
    signal: AbortSignal,
    told: (error: unknown, tenant: string) => void,
  ): EachTenant =>
  async (work, also, atOnce = 1) => {
    const all = [...(also === undefined ? [] : [also]), ...(await tenants())]
    let whole = only.length === 0
    const asked = (only.length === 0 ? all : all.filter(one => only.includes(one))).values()
    const visit = async (): Promise<void> => {
      // One list for all of them: whoever is ready takes the next.
      for (const tenant of asked) {
        signal.throwIfAborted()
        try {
          await work(tenant)
        } catch (error) {
          signal.throwIfAborted()
          told(error, tenant)
          whole = false
        }
      }
    }
    // None is left running where another one ended.
    const visits = await Promise.allSettled(Array.from({ length: atOnce }, visit))
    for (const one of visits) if (one.status === 'rejected') throw one.reason
    return whole
  }

/** Without a lease and without being written down: for whoever drives time himself. Throws the first failure, at the end. */
export async function runDirectly<Done>(
  task: Task<Done>,
  at: Date,
  tenants: () => Promise<readonly string[]>,
  signal: AbortSignal = new AbortController().signal,
): Promise<Done> {
  const failures: unknown[] = []
  const done = await task.run(
    at,
    signal,
    visits(tenants, [], signal, error => failures.push(error)),
  )
  if (failures.length > 0) throw failures[0]
  return done
}

const someTenants = 'tenants_failed'

/** A code and never the message, which may quote what a person wrote. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/^[\w.-]{1,60}$/.test(code)) return code
  return error instanceof Error ? error.name : 'unknown'
}
