/**
 * The first certificate of an action may wait until an admin accepts it: nothing is done by it before. Those that there are
 * wait for nobody.
 */
export const firstCertificates = {
  name: '0044-first-certificates',
  sql: `
-- Functions that take a whole row of a table keep it from being changed: they are made again, with what is new.
drop function certificate_in_force(certificates, timestamptz);
drop function certificate_was_in_force(certificates, timestamptz);

alter table certificates add column waits boolean not null default false, add column accepted_at timestamptz,
  add column accepted_by text collate "C", add column accepted_reason text collate "C";

create function certificate_in_force(c certificates, at timestamptz) returns boolean language sql stable
  return c.revoked_at is null and c.expires_at > at and (not c.waits or c.accepted_at is not null);
create function certificate_was_in_force(c certificates, at timestamptz) returns boolean language sql stable
  return c.issued_at <= at and c.expires_at > at and (c.revoked_at is null or c.revoked_at > at)
    and (not c.waits or coalesce(c.accepted_at <= at, false));
-- Whether it could be acted on if an admin accepted it.
create function certificate_waits(c certificates, at timestamptz) returns boolean language sql stable
  return c.revoked_at is null and c.expires_at > at and c.waits and c.accepted_at is null;
`,
} as const
