/**
 * Every statement on outcomes names its tenant. The rule of rows then only admits or refuses what that found: as an index
 * condition it counted as ten look-ups, of which the planner takes a third of an index at most, so that on a partition
 * nobody has counted the smaller index by time seemed cheaper than the one by case. PostgreSQL 18 walks it from end to end
 * for each case: a night of learning took twice as long. `is true` keeps the rule out of the choice.
 */
const visible = `(tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))) is true`

export const outcomesByCase = {
  name: '0017-outcomes-by-case',
  sql: `alter policy tenant_rows on outcomes using (${visible}) with check (${visible});`,
} as const
