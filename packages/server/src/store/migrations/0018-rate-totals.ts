const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`

/**
 * How much of a limit all processes together have given out in the minute that is under way: one row for each caller and what
 * is counted for it. Unlogged: after a crash of the server a minute is counted anew.
 */
export const rateTotals = {
  name: '0018-rate-totals',
  sql: `
create unlogged table rate_totals (
  tenant_id text collate "C" not null,
  key_id text collate "C" not null,
  slot text collate "C" not null,
  -- The minute began with its first request, by the clock of the database.
  since timestamptz not null,
  -- Requests that were let in, and those that some process may still let in.
  lent bigint not null,
  -- What the last process to ask brought and got.
  back bigint not null,
  quota bigint not null,
  parts integer not null,
  most bigint not null,
  granted bigint not null,
  primary key (tenant_id, key_id, slot)
);
alter table rate_totals enable row level security;
alter table rate_totals force row level security;
create policy tenant_rows on rate_totals using (${visible}) with check (${visible});
`,
} as const
