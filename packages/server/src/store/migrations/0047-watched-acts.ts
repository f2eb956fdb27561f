/** The tripwire is fed every act where labels are complete: those that it has not taken yet are found by an index, as audits are. */
export const watchedActs = {
  name: '0047-watched-acts',
  sql: `
create index calibration_rows_unwatched_acts on calibration_rows (tenant_id, pod, action, decided_at, row_id)
  where (automatic or audited) and (audited or quality <> 'silence') and not watched;
`,
} as const
