const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`

/** When each model was learned anew for the last time and from how many labels, so that a night knows whether it is worth a run. */
export const learningRuns = {
  name: '0038-learning-runs',
  sql: `
create table learning_runs (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  question text collate "C" not null,
  labels integer not null,
  run_at timestamptz not null,
  primary key (tenant_id, pod, question)
);
alter table learning_runs enable row level security;
alter table learning_runs force row level security;
create policy tenant_rows on learning_runs using (${visible}) with check (${visible});
`,
} as const
