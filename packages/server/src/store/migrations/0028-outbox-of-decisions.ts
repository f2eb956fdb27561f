/** Two questions about one case may each have a step of the same name: a message belongs to its decision. */
export const outboxOfDecisions = {
  name: '0028-outbox-of-decisions',
  sql: 'alter table outbox drop constraint outbox_pkey, add primary key (tenant_id, case_id, decision_id, step);',
} as const
