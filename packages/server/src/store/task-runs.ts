import type { Db } from './db.ts'

/** All SQL on `task_runs`: when each recurring task last ended well, over all replicas. */
export interface TaskRun {
  readonly task: string
  readonly lastSuccess: Date | null
  readonly paused: boolean
}

export async function findTaskRun(db: Db, task: string): Promise<TaskRun> {
  const { rows } = await db.query<{ last_success: Date | null; paused: boolean }>(
    'select last_success, paused from task_runs where task = $1',
    [task],
  )
  return { task, lastSuccess: rows[0]?.last_success ?? null, paused: rows[0]?.paused ?? false }
}

/** One replica at a time: false when another one holds this task. Held until the transaction ends. */
export async function holdTask(db: Db, task: string): Promise<boolean> {
  const { rows } = await db.query<{ held: boolean }>(
    'select pg_try_advisory_xact_lock(hashtextextended($1, 7283650)) as held',
    [task],
  )
  return rows[0]?.held ?? false
}

export async function markTaskRun(db: Db, task: string, at: Date): Promise<void> {
  await db.query(
    `insert into task_runs (task, last_success) values ($1, $2) on conflict (task) do update set last_success = excluded.last_success`,
    [task, at],
  )
}
