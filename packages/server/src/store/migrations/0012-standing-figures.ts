/**
 * What is counted once and read often: where the decisions of an hour stand, and what the evidence said at the last look.
 * All of it can be made again from the rows it was counted from.
 */
const tenantTables = ['hour_books', 'audit_estimates', 'calibration_figures'] as const

const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`

export const standingFigures = {
  name: '0012-standing-figures',
  sql: `
-- Decisions recorded in one hour, by the state they were in when they were last counted.
create table hour_books (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  hour timestamptz not null,
  states json not null,
  lost integer not null,
  counted_at timestamptz not null,
  primary key (tenant_id, pod, hour)
);

-- The wrong share of an action by blind audits alone, as of the last look at the labels.
create table audit_estimates (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  action text collate "C" not null,
  at timestamptz not null,
  body json not null,
  primary key (tenant_id, pod, action)
);

-- How many rows a model has by source, and how its label sets did, as of the last look at the labels.
create table calibration_figures (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  model_digest text collate "C" not null,
  at timestamptz not null,
  body json not null,
  primary key (tenant_id, pod, model_digest)
);

${tenantTables
  .map(
    table => `alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy tenant_rows on ${table} using (${visible}) with check (${visible});`,
  )
  .join('\n')}
`,
} as const
