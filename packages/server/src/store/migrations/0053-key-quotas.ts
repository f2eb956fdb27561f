const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`

/** How many requests a key may send in a day, and how many of them were handed out: one row for each key that has a quota. */
export const keyQuotas = {
  name: '0053-key-quotas',
  sql: `
alter table api_keys add column daily_quota bigint check (daily_quota > 0);

create table key_quotas (
  tenant_id text collate "C" not null,
  key_id text collate "C" not null,
  -- Days of UTC since 1970-01-01, by the clock of the database.
  day integer not null,
  -- Requests that were let in, and those that some process may still let in.
  used bigint not null,
  -- What the last process to ask got.
  granted bigint not null,
  primary key (tenant_id, key_id)
);
alter table key_quotas enable row level security;
alter table key_quotas force row level security;
create policy tenant_rows on key_quotas using (${visible}) with check (${visible});
`,
} as const
