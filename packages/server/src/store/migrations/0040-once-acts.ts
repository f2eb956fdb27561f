const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`

/** What was done by itself and may be done once only within a window, whichever case it hangs on. */
export const onceActs = {
  name: '0040-once-acts',
  sql: `
create table once_acts (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  -- The group that holds it: who does it, or looks whether it was done, holds that.
  group_key text collate "C" not null,
  -- The event's own time.
  happened_at timestamptz not null,
  decision_id uuid not null,
  question text collate "C" not null,
  action text collate "C" not null,
  once_key text collate "C" not null,
  -- Empty: it hangs on no case.
  case_id text collate "C" not null,
  recorded_at timestamptz not null,
  -- From then on it stands in nobody's way.
  until timestamptz not null,
  primary key (tenant_id, pod, group_key, happened_at, decision_id)
);
create index once_acts_by_decision on once_acts (tenant_id, decision_id);
create index once_acts_by_end on once_acts (tenant_id, until);
alter table once_acts enable row level security;
alter table once_acts force row level security;
create policy tenant_rows on once_acts using (${visible}) with check (${visible});
`,
} as const
