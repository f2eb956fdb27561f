const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`
const tables = ['groups', 'state_rows']
// Rows that are changed in place again and again: room for the next version of each on its page, so that no index moves.
const changedInPlace = 'fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0'

/**
 * State: what earlier events left, for the groups they named. The row of a group is its lock: whoever reads or writes rows of
 * state holds it, so it is there before it is locked. Constant defaults: no table is written anew.
 */
export const groups = {
  name: '0025-groups',
  sql: `
create table groups (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  -- The name of the group and its key: person:P7.
  group_key text collate "C" not null,
  -- How many events have changed it.
  version bigint not null default 0,
  -- By kind of state the groups that its row points to.
  links jsonb not null default '{}',
  primary key (tenant_id, pod, group_key)
) with (${changedInPlace});

create table state_rows (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  group_key text collate "C" not null,
  kind text collate "C" not null,
  bucket text collate "C" not null,
  value json not null check (octet_length(value::text) <= 1000),
  updated_at timestamptz not null,
  primary key (tenant_id, pod, group_key, kind, bucket)
) with (${changedInPlace});

-- Of a stateful event: the versions of the groups that it held, as it left them.
alter table events add column versions jsonb;

${tables
  .map(
    table => `alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy tenant_rows on ${table} using (${visible}) with check (${visible});`,
  )
  .join('\n')}
`,
} as const
