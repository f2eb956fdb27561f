/**
 * What the machine did or would have done, by action and time: the audit estimate read every row of evidence of the tenant
 * to find them.
 */
export const actedEvidence = {
  name: '0013-acted-evidence',
  sql: `
create index calibration_rows_acted on calibration_rows (tenant_id, pod, action, decided_at)
  where source = 'live' and (automatic or audited);
`,
} as const
