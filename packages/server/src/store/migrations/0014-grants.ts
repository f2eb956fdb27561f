/**
 * What a key may see and do beyond its role. Until now every operator and admin saw contacts in full: their keys keep that, by
 * name; keys made from now on name what they need. The rows of all tenants are changed, so the owner of the table is not held
 * by its rules meanwhile; the transaction holds everybody else off.
 */
export const grants = {
  name: '0014-grants',
  sql: `
alter table api_keys add column grants text[] not null default '{}';
alter table api_keys add constraint api_keys_grants_check check (grants <@ array['pii', 'fraud']);
alter table api_keys drop constraint api_keys_role_check;
alter table api_keys add constraint api_keys_role_check check (role in ('ingest', 'device', 'viewer', 'operator', 'admin'));
alter table api_keys no force row level security;
update api_keys set grants = '{pii}' where role in ('operator', 'admin');
alter table api_keys force row level security;
`,
} as const
