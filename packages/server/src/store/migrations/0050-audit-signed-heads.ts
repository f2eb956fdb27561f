/** How long the audit log of a tenant was and what its last hash was, signed: whoever cuts it or writes it anew must take these too. */
export const auditSignedHeads = {
  name: '0050-audit-signed-heads',
  sql: `
create table audit_signed_heads (
  tenant_id text collate "C" not null,
  length bigint not null,
  hash bytea not null,
  signed_at timestamptz not null,
  key_id text not null,
  public_key bytea not null,
  signature bytea not null,
  primary key (tenant_id, length)
);
-- As with the entries: reading and adding, and no policy by which one could be changed or deleted.
alter table audit_signed_heads enable row level security;
alter table audit_signed_heads force row level security;
create policy tenant_reads on audit_signed_heads for select using (tenant_id = any (string_to_array(current_setting('surety.tenants', true), ',')));
create policy tenant_adds on audit_signed_heads for insert with check (tenant_id = any (string_to_array(current_setting('surety.tenants', true), ',')));
`,
} as const
