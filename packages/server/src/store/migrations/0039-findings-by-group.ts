const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`

/** Lists of findings and alerts by whom they are about: what hangs on an alert, and of which groups its event was. */
export const findingsByGroup = {
  name: '0039-findings-by-group',
  sql: `
-- The alert that a finding hangs on; null: none.
alter table evaluations add column case_id text collate "C";
create index evaluations_on_cases on evaluations (tenant_id, pod, case_id, recorded_at, event_id, place) where case_id is not null;
create index evaluations_fired_by_about on evaluations (tenant_id, pod, about, recorded_at, event_id, place) where fired and about <> '';
create index evaluations_fired_by_severity on evaluations (tenant_id, pod, severity, recorded_at, event_id, place) where fired;

-- Each finding once for each group that its event held: an event has several, and a list of one group is one stretch of an index.
create table finding_groups (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  group_key text collate "C" not null,
  recorded_at timestamptz not null,
  event_id text collate "C" not null,
  place smallint not null,
  primary key (tenant_id, pod, group_key, recorded_at, event_id, place)
) partition by range (recorded_at);
alter table finding_groups enable row level security;
alter table finding_groups force row level security;
create policy tenant_rows on finding_groups using (${visible}) with check (${visible});

create index cases_by_group on cases (tenant_id, pod, group_key, opened_at, case_id);
create index cases_open_by_group on cases (tenant_id, pod, group_key, opened_at, case_id) where closed_at is null;
create index cases_by_subject on cases (tenant_id, pod, subject, opened_at, case_id) where subject <> '';
create index cases_by_severity on cases (tenant_id, pod, severity, opened_at, case_id);
`,
} as const
