import type { Database, Db } from './db.ts'

/** All SQL on `task_runs`: what recurs, when, who runs it now and how its last run went, over all replicas. */
export interface TaskRow {
  readonly task: string
  /** null: never by itself. */
  readonly usual: TaskSchedule | null
  /** What a person set; null: the usual one holds. */
  readonly set: TaskSchedule | null
  readonly paused: boolean
  readonly countsFrom: Date | null
  readonly lastSuccess: Date | null
  readonly askedAt: Date | null
  readonly askedBy: string | null
  /** A run is under way, and whoever runs it is alive. */
  readonly held: boolean
  readonly state: 'running' | 'ok' | 'failed' | 'stopped' | null
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  readonly durationMs: number | null
  readonly runBy: string | null
  readonly errorCode: string | null
  readonly tenantsFailed: readonly string[]
  readonly attempts: number
  readonly retryAt: Date | null
}

export interface TaskSchedule {
  readonly cron: string
  readonly timeZone: string
}

/** Heard by every process: a task was asked for, paused, resumed or got another schedule. */
export const tasksChannel = 'surety_tasks'

const columns = `task, usual_cron, usual_time_zone, cron, time_zone, paused, counts_from, last_success, asked_at, asked_by,
  coalesce(lease_until > clock_timestamp(), false) as held, state, started_at, ended_at, duration_ms, run_by, error_code,
  tenants_failed, attempts, retry_at`

interface Columns {
  task: string
  usual_cron: string | null
  usual_time_zone: string | null
  cron: string | null
  time_zone: string | null
  paused: boolean
  counts_from: Date | null
  last_success: Date | null
  asked_at: Date | null
  asked_by: string | null
  held: boolean
  state: TaskRow['state']
  started_at: Date | null
  ended_at: Date | null
  duration_ms: number | null
  run_by: string | null
  error_code: string | null
  tenants_failed: string[]
  attempts: number
  retry_at: Date | null
}

const schedule = (cron: string | null, timeZone: string | null): TaskSchedule | null =>
  cron === null ? null : { cron, timeZone: timeZone ?? 'UTC' }

const rowOf = (row: Columns): TaskRow => ({
  task: row.task,
  usual: schedule(row.usual_cron, row.usual_time_zone),
  set: schedule(row.cron, row.time_zone),
  paused: row.paused,
  countsFrom: row.counts_from,
  lastSuccess: row.last_success,
  askedAt: row.asked_at,
  askedBy: row.asked_by,
  held: row.held,
  state: row.state,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  durationMs: row.duration_ms,
  runBy: row.run_by,
  errorCode: row.error_code,
  tenantsFailed: row.tenants_failed,
  attempts: row.attempts,
  retryAt: row.retry_at,
})

/** Makes the task known. A first start has missed nothing; what is known stays. */
export async function rememberTask(db: Db, task: string, usual: TaskSchedule | null, at: Date): Promise<void> {
  await db.query(
    `insert into task_runs as known (task, usual_cron, usual_time_zone, last_success) values ($1, $2, $3, $4)
     on conflict (task) do update set usual_cron = excluded.usual_cron, usual_time_zone = excluded.usual_time_zone,
       last_success = coalesce(known.last_success, excluded.last_success)`,
    [task, usual?.cron ?? null, usual?.timeZone ?? null, at],
  )
}

export async function readTasks(db: Db): Promise<readonly TaskRow[]> {
  const { rows } = await db.query<Columns>({
    name: 'tasks_read',
    text: `select ${columns} from task_runs order by task`,
  })
  return rows.map(rowOf)
}

/** Held until the transaction ends, so that two who change it follow each other. */
export async function lockTask(db: Db, task: string): Promise<TaskRow | null> {
  const { rows } = await db.query<Columns>(`select ${columns} from task_runs where task = $1 for update`, [task])
  return rows[0] === undefined ? null : rowOf(rows[0])
}

export interface Taken {
  readonly task: string
  readonly holder: string
  readonly by: string
  readonly at: Date
  /** When it is tried again if nothing more is heard of this run. */
  readonly retryAt: Date
  /** Tenants that failed last time, when the run is only about them; else none. */
  readonly only: readonly string[]
  readonly leaseMs: number
}

/** In the transaction that locked the row: the run begins. */
export async function takeTask(db: Db, taken: Taken): Promise<void> {
  const { task, holder, by, at, retryAt, only, leaseMs } = taken
  await db.query(
    `update task_runs set holder = $2, lease_until = clock_timestamp() + make_interval(secs => $6::float8 / 1000),
       state = 'running', run_by = $3, started_at = $4, ended_at = null, duration_ms = null, error_code = null,
       asked_at = null, asked_by = null, attempts = attempts + 1, retry_at = $5, tenants_failed = $7
     where task = $1`,
    [task, holder, by, at, retryAt, leaseMs, [...only]],
  )
}

/** @returns false: the lease ran out and somebody else has the task */
export async function keepTask(db: Database, task: string, holder: string, leaseMs: number): Promise<boolean> {
  return db.transaction([], async handle => {
    const { rowCount } = await handle.query(
      `update task_runs set lease_until = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
       where task = $1 and holder = $2`,
      [task, holder, leaseMs],
    )
    return rowCount === 1
  })
}

export type TaskEnd =
  | { readonly state: 'ok'; readonly at: Date }
  | {
      readonly state: 'failed'
      readonly retryAt: Date
      readonly errorCode: string
      readonly tenantsFailed: readonly string[]
    }
  /** The process ends: whatever it was due for is still due. */
  | { readonly state: 'stopped'; readonly askedAt: Date | null; readonly askedBy: string | null }

/** The run ends and the task is free. @returns false: it was somebody else's by then, and nothing is written */
export async function endTask(
  db: Database,
  run: { readonly task: string; readonly holder: string; readonly endedAt: Date; readonly durationMs: number },
  end: TaskEnd,
): Promise<boolean> {
  const ok = end.state === 'ok'
  const failed = end.state === 'failed'
  const stopped = end.state === 'stopped'
  return db.transaction([], async handle => {
    const { rowCount } = await handle.query(
      `update task_runs set holder = null, lease_until = null, state = $3, ended_at = $4, duration_ms = $5,
         last_success = coalesce($6, last_success), error_code = $7,
         -- What was to be tried again is still to be tried when the process had to stop.
         tenants_failed = case when $3 = 'stopped' then tenants_failed else $8 end,
         attempts = case $3 when 'ok' then 0 when 'stopped' then greatest(attempts - 1, 0) else attempts end,
         retry_at = $9, asked_at = coalesce(asked_at, $10), asked_by = coalesce(asked_by, $11)
       where task = $1 and holder = $2`,
      [
        run.task,
        run.holder,
        end.state,
        run.endedAt,
        Math.round(run.durationMs),
        ok ? end.at : null,
        failed ? end.errorCode : null,
        failed ? [...end.tenantsFailed] : [],
        failed ? end.retryAt : null,
        stopped ? end.askedAt : null,
        stopped ? end.askedBy : null,
      ],
    )
    return rowCount === 1
  })
}

export async function askForTask(db: Db, task: string, by: string, at: Date): Promise<void> {
  await db.query('update task_runs set asked_at = $2, asked_by = $3 where task = $1 and asked_at is null', [
    task,
    at,
    by,
  ])
}

/** @param countsFrom null: paused, so nothing counts until it is resumed */
export async function pauseTask(db: Db, task: string, countsFrom: Date | null): Promise<void> {
  await db.query('update task_runs set paused = $2, counts_from = coalesce($3, counts_from) where task = $1', [
    task,
    countsFrom === null,
    countsFrom,
  ])
}

/** @param set null: the usual one again */
export async function scheduleTask(db: Db, task: string, set: TaskSchedule | null, countsFrom: Date): Promise<void> {
  await db.query('update task_runs set cron = $2, time_zone = $3, counts_from = $4 where task = $1', [
    task,
    set?.cron ?? null,
    set?.timeZone ?? null,
    countsFrom,
  ])
}

/** With the commit, and only then. */
export async function tellTask(db: Db, task: string): Promise<void> {
  await db.query('select pg_notify($1, $2)', [tasksChannel, task])
}
