/**
 * Certified autonomy: what is known of scores and labels, the certificates that follow from it, acts and the inbox, and
 * the receipts of what was recorded. Keys begin with tenant_id and row-level security is forced, as in 0001.
 */
const tenantTables = [
  'transitions',
  'acts',
  'outbox',
  'inbox',
  'calibration_rows',
  'calibrators',
  'label_cursors',
  'maturities',
  'certificates',
  'certificate_attempts',
  'shortfalls',
  'tripwires',
  'action_states',
  'autonomy_epochs',
  'act_counts',
  'receipt_chains',
  'receipt_links',
  'receipt_heads',
] as const

const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`

export const autonomy = {
  name: '0002-autonomy',
  sql: `
alter table decisions
  add column calibration_score float8,
  add column calibrator integer,
  add column label_set smallint,
  add column residual_radii json,
  add column certificate_id uuid,
  add column audited boolean not null default false;

-- How good a label is: a person reported it, a blind audit did, it was answered in bulk, imported, or silence settled it.
alter table outcomes
  add column quality text not null default 'human' check (quality in ('human', 'audit', 'bulk', 'imported', 'silence'));

-- What became of a case after its decision; its present state is that of the newest row here, else of the decision.
create table transitions (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  case_id text collate "C" not null,
  decision_id uuid not null,
  recorded_at timestamptz not null,
  action text not null,
  from_state text not null,
  to_state text not null check (to_state in ('acted', 'queued', 'suppressed', 'logged', 'expired')),
  reason text not null,
  actor text not null
) partition by range (recorded_at);
create index transitions_by_case on transitions (tenant_id, case_id, recorded_at);

-- What is to be done, or was. token: the fence of the case when it was decided; an older one than the case has now is void.
create table acts (
  tenant_id text collate "C" not null,
  decision_id uuid not null,
  pod text collate "C" not null,
  case_id text collate "C" not null,
  action text collate "C" not null,
  token bigint not null,
  automatic boolean not null,
  state text not null check (state in ('pending', 'done', 'cancelled')),
  not_before timestamptz not null,
  recorded_at timestamptz not null,
  ended_at timestamptz,
  reason text,
  primary key (tenant_id, recorded_at, decision_id)
) partition by range (recorded_at);
create index acts_by_case on acts (tenant_id, case_id, recorded_at);
create index acts_pending on acts (tenant_id, not_before) where state = 'pending';

create table outbox (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  case_id text collate "C" not null,
  step text collate "C" not null,
  decision_id uuid not null,
  channel text not null,
  text text not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, case_id, step)
);
create index outbox_by_time on outbox (tenant_id, recorded_at, case_id);

-- Cases that a person should look at: asked, or drawn for a blind audit (which nothing outside may tell apart).
create table inbox (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  case_id text collate "C" not null,
  decision_id uuid not null,
  recorded_at timestamptz not null,
  action text collate "C" not null,
  urgency smallint not null,
  due_at timestamptz not null,
  expires_at timestamptz not null,
  unlocks boolean not null,
  probability float8,
  reason text not null,
  audit boolean not null,
  hidden boolean not null,
  state text not null default 'open' check (state in ('open', 'answered', 'expired', 'withdrawn')),
  lease_holder text,
  lease_token uuid,
  lease_until timestamptz,
  -- When the lease began: what an answer took.
  leased_at timestamptz,
  answer text,
  outcome text,
  quality text,
  answered_by text,
  -- When it left the inbox, answered or not.
  answered_at timestamptz,
  notes text,
  version integer not null default 0,
  primary key (tenant_id, pod, case_id)
);
create index inbox_by_urgency on inbox (tenant_id, urgency, due_at, case_id) where state = 'open';
-- Hidden cases stand together in this order too, so that their place says nothing of them.
create index inbox_by_unlock on inbox (tenant_id, (not (unlocks or hidden)), urgency, due_at, case_id) where state = 'open';
create index inbox_leased on inbox (tenant_id, lease_holder) where state = 'open' and lease_holder is not null;
create index inbox_expiring on inbox (tenant_id, expires_at) where state = 'open';
create index inbox_answered on inbox (tenant_id, answered_at) where state <> 'open';

-- Scores with their final label, of rows that the model was not fitted on.
create table calibration_rows (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  model_digest text collate "C" not null,
  row_id text collate "C" not null,
  source text not null check (source in ('held_out', 'live', 'imported', 'csv')),
  probability float8 not null,
  label smallint not null check (label in (0, 1)),
  decided_at timestamptz not null,
  labelled_at timestamptz not null,
  quality text not null,
  -- What the machine would have done with it at the time, whether it did, and whether it was drawn for a blind audit.
  action text collate "C",
  automatic boolean not null,
  audited boolean not null,
  propensity float8 not null,
  -- The tripwire has taken it in, or will not: each audited case counts once, however late its label comes.
  watched boolean not null default false,
  primary key (tenant_id, pod, model_digest, row_id)
);
-- Without row_id: with it the planner took this index for look-ups by row, and read all rows of the model for each.
create index calibration_rows_by_time on calibration_rows (tenant_id, pod, model_digest, decided_at);
create index calibration_rows_unwatched on calibration_rows (tenant_id, pod, action, decided_at, row_id) where audited and not watched;

create table calibrators (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  model_digest text collate "C" not null,
  version integer not null,
  -- When it was made, or last confirmed: new labels came, and too few for another one.
  built_at timestamptz not null,
  -- When it was made, and the newest decision that was mature then: rows labelled or ripened since are new.
  fitted_at timestamptz not null,
  fitted_until timestamptz not null,
  n integer not null,
  positives integer not null,
  body json not null,
  primary key (tenant_id, pod, model_digest, version)
);

-- How far outcomes have been read into calibration_rows.
create table label_cursors (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  recorded_at timestamptz not null,
  event_id text collate "C" not null,
  primary key (tenant_id, pod)
);

-- From which age on a case may be judged: learned from its newest decisions, at most once an hour.
create table maturities (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  at timestamptz not null,
  ms float8 not null,
  method text not null,
  n integer not null,
  labelled integer not null,
  primary key (tenant_id, pod)
);

create table certificates (
  tenant_id text collate "C" not null,
  certificate_id uuid not null,
  pod text collate "C" not null,
  action text collate "C" not null,
  model_digest text collate "C" not null,
  model_version bigint not null,
  attempt integer not null,
  -- From this probability on (act), up to it (clear); strictly below the second one where positives have a miss budget.
  threshold float8 not null,
  below float8,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  document text not null,
  revoked_at timestamptz,
  revoked_reason text,
  primary key (tenant_id, certificate_id)
);
create index certificates_current on certificates (tenant_id, pod, action, issued_at desc);

-- Every attempt, passed or not: what each may spend of delta depends on how many there were.
create table certificate_attempts (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  action text collate "C" not null,
  attempt integer not null,
  -- Counts from 1 again after an admin restarted it: the row that says so, with the reason, is no attempt and has 0.
  spending integer not null,
  model_digest text collate "C" not null,
  at timestamptz not null,
  eligible integer not null,
  delta float8 not null,
  certificate_id uuid,
  detail json not null,
  primary key (tenant_id, pod, action, attempt)
);

-- What the next certificate of an action still lacks, as of the last look at the labels; no row where one holds.
create table shortfalls (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  action text collate "C" not null,
  model_digest text collate "C" not null,
  at timestamptz not null,
  eligible integer not null,
  code text not null,
  have integer not null,
  need integer not null,
  -- Cases at least (act) or at most (clear) this probable count where the next walk begins.
  unlocks_from float8,
  detail json not null,
  primary key (tenant_id, pod, action)
);

create table tripwires (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  action text collate "C" not null,
  state json not null,
  -- Cases decided up to then do not count: it was armed, or its budget made stricter, after them.
  since timestamptz not null,
  primary key (tenant_id, pod, action)
);

-- How far the machine may go with one action. The pod's default holds where there is no row.
create table action_states (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  action text collate "C" not null,
  mode text not null check (mode in ('acting', 'asking', 'dry_run', 'stopped')),
  gate text not null check (gate in ('certified', 'threshold')),
  changed_at timestamptz not null,
  changed_by text not null,
  reason text not null,
  suspended_at timestamptz,
  suspended_why text,
  -- Rows decided before this moment count for no certificate: the time of the last suspension.
  certify_from timestamptz,
  primary key (tenant_id, pod, action)
);

-- Counts up with whatever changes what the machine may do. A batch that was decided under an older number is decided anew.
create table autonomy_epochs (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  epoch bigint not null,
  primary key (tenant_id, pod)
);

-- Whoever decides or acts by itself holds this lock, shared, until its commit; whoever changes what may be done by itself
-- holds it alone. The queue is fair: a stop waits for what is under way and for nothing that comes after it. Rows locked
-- \`for share\` are not: a stop waited for seconds while batches followed one another.
create function autonomy_lock_of(tenant text, pod text) returns bigint language sql immutable
  return hashtextextended(tenant || chr(10) || pod, 7283651);

-- The epoch as it is once the lock is held, and not as it was when the statement around began; 0: nothing has changed yet.
create function held_epoch(tenant text, of_pod text) returns bigint language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock_shared(autonomy_lock_of(tenant, of_pod));
  return coalesce((select e.epoch from autonomy_epochs e where e.tenant_id = tenant and e.pod = of_pod), 0);
end $$;

create function hold_autonomy_alone() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(autonomy_lock_of(new.tenant_id, new.pod));
  return new;
end $$;
create trigger changes_alone before insert or update on autonomy_epochs
  for each row execute function hold_autonomy_alone();

create table act_counts (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  action text collate "C" not null,
  hour timestamptz not null,
  acts integer not null,
  primary key (tenant_id, pod, action, hour)
);

-- One chain per tenant and writing connection of a process: its length and last hash.
create table receipt_chains (
  tenant_id text collate "C" not null,
  chain_id uuid not null,
  length bigint not null,
  hash bytea not null,
  started_at timestamptz not null,
  primary key (tenant_id, chain_id)
);

-- One link per committed batch: the digests of its records in order, 32 bytes each.
create table receipt_links (
  tenant_id text collate "C" not null,
  chain_id uuid not null,
  seq bigint not null,
  recorded_at timestamptz not null,
  previous bytea not null,
  digests bytea not null,
  hash bytea not null
) partition by range (recorded_at);
create index receipt_links_by_chain on receipt_links (tenant_id, chain_id, seq);
create index receipt_links_by_time on receipt_links (tenant_id, recorded_at);

-- Signed heads, kept: a link is proven by the next one.
create table receipt_heads (
  tenant_id text collate "C" not null,
  chain_id uuid not null,
  length bigint not null,
  hash bytea not null,
  signed_at timestamptz not null,
  key_id text not null,
  public_key bytea not null,
  signature bytea not null,
  primary key (tenant_id, chain_id, length)
);

${tenantTables
  .map(
    table => `alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy tenant_rows on ${table} using (${visible}) with check (${visible});`,
  )
  .join('\n')}
`,
} as const
