/**
 * What recurs: one row a task. When it is due is a setting; who runs it now is a lease by the clock of the database; how its
 * last run went stays until the next. `last_success` and `paused` are kept as they were.
 */
export const tasks = {
  name: '0007-tasks',
  sql: `
alter table task_runs
  -- What the code says, written at each start, so that whoever reads the table knows it; null: never by itself.
  add column usual_cron text,
  add column usual_time_zone text,
  -- What a person set instead; null: the usual one.
  add column cron text,
  add column time_zone text,
  -- Slots before this moment are not made up: the schedule was set, or the task was resumed.
  add column counts_from timestamptz,
  add column asked_at timestamptz,
  add column asked_by text,
  -- The run that is under way; expired: whoever held it is gone.
  add column holder text,
  add column lease_until timestamptz,
  -- The last run; null: none is known.
  add column state text check (state in ('running', 'ok', 'failed', 'stopped')),
  add column started_at timestamptz,
  add column ended_at timestamptz,
  add column duration_ms bigint,
  add column run_by text,
  add column error_code text,
  add column tenants_failed text[] not null default '{}',
  -- Runs that did not end well, one after another, and when the next try is due.
  add column attempts integer not null default 0,
  add column retry_at timestamptz;
`,
}
