const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`
const tables = ['tick_runs', 'tick_folds']

/**
 * Ticks. Where each kind of them stands for a tenant: one process at a time runs a slot, under a lease by the clock of the database. And
 * what a tick leaves that found nothing: the version that it made, as long as its id is remembered, in days that are dropped whole.
 */
export const ticks = {
  name: '0033-ticks',
  sql: `
create table tick_runs (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  kind text collate "C" not null,
  -- The last slot that was run whole; null: none was.
  done timestamptz,
  -- The last that was begun, and the gap that its ticks carry.
  slot timestamptz not null,
  gap_ms bigint not null,
  holder uuid,
  lease_until timestamptz,
  primary key (tenant_id, pod, kind)
) with (fillfactor = 50);

create table tick_folds (
  recorded_at timestamptz not null,
  slot timestamptz not null,
  version bigint not null,
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  kind text collate "C" not null,
  group_key text collate "C" not null,
  primary key (tenant_id, pod, group_key, version, recorded_at)
) partition by range (recorded_at);

${tables
  .map(
    table => `alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy tenant_rows on ${table} using (${visible}) with check (${visible});`,
  )
  .join('\n')}
`,
} as const
