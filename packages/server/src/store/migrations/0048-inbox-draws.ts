/**
 * By `unlock` cases come in the order in which they are drawn. What waits already and counts is drawn anew by its id; a process of the
 * version before that still writes puts its cases after all that is drawn.
 */
export const inboxDraws = {
  name: '0048-inbox-draws',
  sql: `
-- In [0, 1], ascending; 1: after all that is drawn, by urgency.
alter table inbox add column draw float8 not null default 1;
alter table inbox no force row level security;
update inbox set draw = ('x' || substr(md5(decision_id::text), 1, 8))::bit(32)::bigint / 4294967296.0
  where state = 'open' and (unlocks or blinded);
alter table inbox force row level security;
create index inbox_by_draw on inbox (tenant_id, pod, draw, urgency, due_at, case_id) where state = 'open';

-- How much of the newest decisions the region holds that counts towards the next certificate; null: too few to tell.
alter table shortfalls add column unlocks_share float8;
`,
} as const
