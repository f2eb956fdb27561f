/**
 * The inbox is read from its first case on, never counted or searched as a whole: each door walks one of these indexes and
 * stops. They begin with the pod, so that a pod with few cases is not looked for among the many of another, and they take
 * the place of three that did not.
 */
export const inboxDoors = {
  name: '0005-inbox-doors',
  sql: `
-- Both orders: by urgency alone it is the two halves of this index side by side. Hidden cases stand where cases that
-- unlock stand, so that their place says nothing of them.
create index inbox_in_order on inbox (tenant_id, pod, (not (unlocks or hidden)), urgency, due_at, case_id) where state = 'open';
create index inbox_by_expiry on inbox (tenant_id, pod, expires_at) where state = 'open';
drop index inbox_by_urgency;
drop index inbox_by_unlock;
drop index inbox_expiring;
`,
} as const
