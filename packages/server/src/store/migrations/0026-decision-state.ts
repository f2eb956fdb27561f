/**
 * Where a decision stands: its own transitions, and not those of another question about the same case. A function, as the
 * rules before it: the bound in time reaches the partitions, and the planner takes it into the statement around it.
 */
export const decisionState = {
  name: '0026-decision-state',
  sql: `
drop function case_state(text, text, timestamptz);

-- The newest transition of a decision; no row: it stands where it was decided. A transition was recorded after the decision; a
-- day is left for clocks that differ.
create function decision_state(tenant text, of_case text, of_decision uuid, since timestamptz)
returns table (state text, reason text, recorded_at timestamptz) language sql stable begin atomic
  select t.to_state, t.reason, t.recorded_at from transitions t
  where t.tenant_id = tenant and t.case_id = of_case and t.decision_id = of_decision
    and t.recorded_at >= since - interval '1 day'
  order by t.recorded_at desc limit 1;
end;
`,
} as const
