/** Alerts whose window is over and that nobody has closed stay for as long as records do: what comes later passes them by. */
export const casesJoinable = {
  name: '0036-cases-joinable',
  sql: `
create index cases_joinable on cases (tenant_id, pod, group_key, joins_until) where closed_at is null;
drop index cases_open;
`,
} as const
