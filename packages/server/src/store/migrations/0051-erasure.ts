const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`

/** Persons may have what is known of them taken away; that a case was there, was decided and how it ended stays. */
export const erasure = {
  name: '0051-erasure',
  sql: `
create table erased_cases (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  case_id text collate "C" not null,
  -- Of the decision that opened it: where the rows of the case begin.
  opened_at timestamptz not null,
  erased_at timestamptz not null,
  primary key (tenant_id, pod, case_id)
);
create index erased_cases_by_time on erased_cases (tenant_id, erased_at);
alter table erased_cases enable row level security;
alter table erased_cases force row level security;
create policy tenant_rows on erased_cases using (${visible}) with check (${visible});

-- The digest of the record as it was written, which its link of the chain goes on holding; null: nothing was erased of it.
alter table decisions add column erased_digest bytea;
`,
} as const
