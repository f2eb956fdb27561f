/**
 * Evidence of before `0003-label-rule` was taken in under another rule of which outcome counts: the cursors go back to the
 * start, and the next readings bring every row to the present rule, page by page. What is right already does not change. The
 * cursors of all tenants are moved, so the owner of the table is not held by its rules meanwhile; the transaction holds
 * everybody else off.
 */
export const labelsReadAgain = {
  name: '0016-labels-read-again',
  sql: `
alter table label_cursors no force row level security;
update label_cursors set recorded_at = to_timestamp(0), event_id = '';
alter table label_cursors force row level security;
`,
} as const
