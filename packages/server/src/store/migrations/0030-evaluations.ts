const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`

/** What rules measured in each event, fired or not: what is found, what a limit can be simulated on, and why a rule could not say. */
export const evaluations = {
  name: '0030-evaluations',
  sql: `
create table evaluations (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  event_id text collate "C" not null,
  -- Which of those of its event.
  place smallint not null,
  code text collate "C" not null,
  -- Empty: whom the event is about.
  about text collate "C" not null,
  recorded_at timestamptz not null,
  occurred_at timestamptz not null,
  family text collate "C" not null,
  -- Place in the list of severities; null where it could not say.
  severity smallint,
  confidence double precision,
  measured double precision,
  -- null: whatever is measured fires.
  cut double precision,
  fired boolean not null,
  -- Why it could not say.
  unknown text,
  evidence json,
  primary key (tenant_id, pod, recorded_at, event_id, place),
  check ((unknown is null) = (measured is not null))
) partition by range (recorded_at);
create index evaluations_fired on evaluations (tenant_id, pod, recorded_at, event_id, place) where fired;
create index evaluations_fired_by_code on evaluations (tenant_id, pod, code, recorded_at, event_id, place) where fired;
alter table evaluations enable row level security;
alter table evaluations force row level security;
create policy tenant_rows on evaluations using (${visible}) with check (${visible});

-- Of a stateful event: the last change of reference data that it was judged with.
alter table events add column reference_change bigint;
`,
} as const
