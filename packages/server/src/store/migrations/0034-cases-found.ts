/** Open cases are few among all that ever were, and are what a desk looks at; who touches a case knows its id and no more. */
export const casesFound = {
  name: '0034-cases-found',
  sql: `
create index cases_open_by_time on cases (tenant_id, pod, opened_at, case_id) where closed_at is null;
create unique index cases_by_id on cases (tenant_id, case_id);
`,
} as const
