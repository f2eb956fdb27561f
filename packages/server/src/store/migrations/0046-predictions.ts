const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`

/** What others than the model that served said of a decision: the version that is acted on, where it is another one. */
export const predictions = {
  name: '0046-predictions',
  sql: `
create table predictions (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  decision_id uuid not null,
  role text collate "C" not null check (role in ('acting')),
  event_id text collate "C" not null,
  recorded_at timestamptz not null,
  model_version bigint not null,
  model_digest text collate "C" not null,
  -- null: it could not say, and why.
  probability double precision,
  cannot text,
  lower double precision,
  upper double precision,
  calibration_size integer not null,
  calibrated_probability double precision,
  calibration_score double precision,
  calibrator integer,
  primary key (tenant_id, pod, recorded_at, decision_id, role)
) partition by range (recorded_at);
alter table predictions enable row level security;
alter table predictions force row level security;
create policy tenant_rows on predictions using (${visible}) with check (${visible});
`,
} as const
