/**
 * Where a case stands, and whether a certificate counts, said in one place for every reader. Functions and not views: the
 * bound in time reaches the partitions and the moment is handed in; each is one expression or statement that the planner
 * takes into the one around it, with the same plan as if it were written there. Nothing here runs with other rights than
 * the caller's, so row-level security holds.
 */
export const oneRule = {
  name: '0015-one-rule',
  sql: `
-- The newest transition of a case; no row: it stands where its decision left it. A transition was recorded after the
-- decision; a day is left for clocks that differ.
create function case_state(tenant text, of_case text, since timestamptz)
returns table (state text, reason text, recorded_at timestamptz) language sql stable begin atomic
  select t.to_state, t.reason, t.recorded_at from transitions t
  where t.tenant_id = tenant and t.case_id = of_case and t.recorded_at >= since - interval '1 day'
  order by t.recorded_at desc limit 1;
end;

-- Whether a certificate may be acted on at this moment. What was taken back does not count, whatever the clock of the
-- process was that took it back.
create function certificate_in_force(c certificates, at timestamptz) returns boolean language sql stable
  return c.revoked_at is null and c.expires_at > at;

-- Whether it could be acted on at a moment that has passed: issued by then, not yet over, and not yet taken back.
create function certificate_was_in_force(c certificates, at timestamptz) returns boolean language sql stable
  return c.issued_at <= at and c.expires_at > at and (c.revoked_at is null or c.revoked_at > at);
`,
} as const
