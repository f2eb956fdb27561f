const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`

/** Cases with a life of their own: what several events hang on, while it is open. */
export const cases = {
  name: '0031-cases',
  sql: `
create table cases (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  case_id text collate "C" not null,
  rule text collate "C" not null,
  -- What joins it: rule, type, group, and whom it is about within the group.
  case_key text collate "C" not null,
  type text collate "C" not null,
  subject text collate "C" not null,
  -- Place in the list of severities.
  severity smallint not null,
  -- The group that holds it.
  group_key text collate "C" not null,
  -- All groups of the event that opened it, the lowest rank first: who changes it holds them.
  group_keys text[] not null,
  group_ranks smallint[] not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  -- What happens from this moment on opens another; null: as long as it is open.
  joins_until timestamptz,
  -- From when its time to answer runs: it begins anew as it is raised.
  clock_from timestamptz not null,
  -- Events, each counted once.
  occurrences integer not null,
  -- What was asked or done about it: once each, unless it is raised.
  asked text[] not null,
  opened_at timestamptz not null,
  closed_at timestamptz,
  primary key (tenant_id, pod, case_id)
) with (fillfactor = 70);
create index cases_open on cases (tenant_id, pod, group_key) where closed_at is null;
create index cases_by_time on cases (tenant_id, pod, opened_at, case_id);
alter table cases enable row level security;
alter table cases force row level security;
create policy tenant_rows on cases using (${visible}) with check (${visible});

-- What a decision did to such a case: opened, joined or raised it.
alter table decisions add column hung text;
create index decisions_on_cases on decisions (tenant_id, pod, case_id, recorded_at) where hung is not null;
`,
} as const
