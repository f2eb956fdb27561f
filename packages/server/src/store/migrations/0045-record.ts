const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`

const tenantTables = [
  'version_cuts',
  'version_checks',
  'acting_versions',
  'record_rows',
  'records',
  'accepted_imports',
] as const

/**
 * Evidence that runs on over all versions of a model: the cuts of each version, what its unseen rows say of it, which one
 * acts, every case with the cut that held it when it was decided, and the records that count them.
 */
export const record = {
  name: '0045-record',
  sql: `
-- Frozen when a version begins to serve a tenant: per cut, the loosest first, the score from which on it holds a case.
create table version_cuts (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  question text collate "C" not null,
  model_digest text collate "C" not null,
  model_version bigint not null,
  begun_at timestamptz not null,
  -- Decisions they are made of.
  n integer not null,
  -- {"act": [64 scores], "clear": [64 scores]}, without the operator's threshold.
  thresholds json not null,
  primary key (tenant_id, pod, question, model_digest)
);

-- What the cases that a version was not fitted on said of it at the newest look.
create table version_checks (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  question text collate "C" not null,
  action text collate "C" not null,
  model_digest text collate "C" not null,
  checked_at timestamptz not null,
  -- Unseen rows then, all of them, and at how many it is looked at again.
  unseen integer not null,
  next_at integer not null,
  -- The cuts at which it passes, the loosest first, and what that stands on, with the budgets it was held to.
  passes json not null,
  detail json not null,
  primary key (tenant_id, pod, question, action, model_digest)
);

-- The version whose scores are acted on while a certificate is in force; it may be another one than the champion.
create table acting_versions (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  question text collate "C" not null,
  model_digest text collate "C" not null,
  model_version bigint not null,
  since timestamptz not null,
  primary key (tenant_id, pod, question)
);

-- One labelled case as evidence: the strictest cut of the acting version that held it when it was decided (-1: none).
create table record_rows (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  question text collate "C" not null,
  case_id text collate "C" not null,
  decided_at timestamptz not null,
  source text not null check (source in ('live', 'seeded', 'imported')),
  model_version bigint not null,
  -- Null where the question has no such side.
  kappa_act smallint,
  kappa_clear smallint,
  audit_coin float8,
  -- By a label that counts; null: there is none, or it was told in bulk or imported.
  label smallint check (label in (0, 1)),
  quality text,
  labelled_by text,
  -- The label that is in the counts of the records; null: the row is in none.
  counted smallint,
  primary key (tenant_id, pod, question, case_id)
);
-- No index beside it leads from a question to its rows by time: without statistics the planner would walk all of them.
create index record_rows_uncounted on record_rows (tenant_id, pod, question, decided_at) where label is distinct from counted;

-- Evidence on one action: counts over the rows decided since \`rows_from\`, of whatever version.
create table records (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  question text collate "C" not null,
  action text collate "C" not null,
  -- Of its action, whatever the pod says of that one day.
  side text not null check (side in ('act', 'clear')),
  record_id uuid not null,
  begun_at timestamptz not null,
  rows_from timestamptz not null,
  why text not null check (why in ('first', 'quarter', 'suspension', 'upgrade', 'history')),
  -- The plan that the starts were made of, null where a certificate in force gave them; [{"cut", "weight"}].
  plan float8,
  starts json not null,
  -- How often delta was halved: by suspensions before it began, and by changes of the budget since.
  suspensions integer not null,
  budget_changes integer not null,
  budget json not null,
  -- {"rows": [64], "wrong": [64], "outside", "positives"}.
  counts json not null,
  -- The same of those rows alone whose audit coin lies below a rate, {"rate", "counts"}: they count where labels are incomplete.
  drawn json not null,
  -- Latest decision among the rows that were counted since it began: so far labels must be complete, also when cases take longer
  -- to be mature by now.
  counted_to timestamptz,
  -- It counts nothing any more: suspended, or too old to be in charge again.
  ended_at timestamptz,
  primary key (tenant_id, pod, question, action, record_id)
);

-- What a key imported up to a moment is the tenant's own history: an admin says so. '': of which no key is known.
create table accepted_imports (
  tenant_id text collate "C" not null,
  sender text collate "C" not null,
  until timestamptz not null,
  accepted_by text collate "C" not null,
  reason text not null,
  primary key (tenant_id, sender, until)
);

${tenantTables
  .map(
    table => `alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy tenant_rows on ${table} using (${visible}) with check (${visible});`,
  )
  .join('\n')}

-- Functions that take a whole row of a table keep it from being changed: they are made again, as they were.
drop function certificate_in_force(certificates, timestamptz);
drop function certificate_was_in_force(certificates, timestamptz);
drop function certificate_waits(certificates, timestamptz);

-- The record it stands on and all cuts that it certifies, the loosest first; null: it is of the time before records, and of one model alone.
alter table certificates add column record_id uuid, add column cuts json;

create function certificate_in_force(c certificates, at timestamptz) returns boolean language sql stable
  return c.revoked_at is null and c.expires_at > at and (not c.waits or c.accepted_at is not null);
create function certificate_was_in_force(c certificates, at timestamptz) returns boolean language sql stable
  return c.issued_at <= at and c.expires_at > at and (c.revoked_at is null or c.revoked_at > at)
    and (not c.waits or coalesce(c.accepted_at <= at, false));
create function certificate_waits(c certificates, at timestamptz) returns boolean language sql stable
  return c.revoked_at is null and c.expires_at > at and c.waits and c.accepted_at is null;
`,
} as const
