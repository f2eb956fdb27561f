/** The decisions that wait beside the one that a place in the inbox is led by; null: there are none, as for every lead. */
export const inboxDecisions = {
  name: '0027-inbox-decisions',
  sql: 'alter table inbox add column others json;',
} as const
