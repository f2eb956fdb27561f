/**
 * The first tables. Frozen once released: later changes are new migrations.
 *
 * Every tenant table's keys begin with tenant_id and row-level security (forced, so that the owner obeys it too) admits
 * the tenants named in the transaction-local setting `surety.tenants` (comma separated). Tables that grow are
 * partitioned by month of `recorded_at`; what must be unique for ever has the small table `event_keys`. Keys compare by
 * bytes (collate "C"): the order is the same on every server and costs no locale look-up.
 */
const tenantTables = [
  'tenants',
  'api_keys',
  'event_keys',
  'events',
  'decisions',
  'outcomes',
  'messages',
  'feature_schemas',
  'settings',
  'audit_heads',
  'idempotency',
  'fences',
  'retention_marks',
  'contact_waits',
] as const

const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`

export const first = {
  name: '0001-first',
  sql: `
create table tenants (
  tenant_id text collate "C" primary key,
  created_at timestamptz not null,
  time_zone text not null default 'UTC',
  country text not null default 'US'
);

create table api_keys (
  tenant_id text collate "C" not null,
  key_id text collate "C" not null,
  secret_sha256 bytea not null,
  role text not null check (role in ('ingest', 'viewer', 'operator', 'admin')),
  name text not null,
  limits jsonb not null default '{}',
  enabled boolean not null default true,
  created_at timestamptz not null,
  expires_at timestamptz,
  primary key (tenant_id, key_id)
);
create unique index api_keys_by_id on api_keys (key_id);

-- Leads from a presented key to its tenant before any tenant is known. It holds no secret and has no row-level security.
create table key_directory (
  key_id text collate "C" primary key,
  tenant_id text collate "C" not null
);

-- Every tenant that ever had a row, by name alone: keys go, and what must expire and be audited stays. No row-level
-- security either, because the hourly and nightly runs begin by asking whose turn it is.
create table tenant_directory (
  tenant_id text collate "C" primary key
);

create table event_keys (
  tenant_id text collate "C" not null,
  event_id text collate "C" not null,
  case_id text collate "C" not null,
  kind text collate "C" not null,
  payload_hash bytea not null,
  recorded_at timestamptz not null,
  decision_id uuid,
  primary key (tenant_id, event_id)
);
create unique index event_keys_one_opening on event_keys (tenant_id, case_id) where decision_id is not null;

create table events (
  tenant_id text collate "C" not null,
  event_id text collate "C" not null,
  pod text collate "C" not null,
  kind text collate "C" not null,
  case_id text collate "C" not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  payload json not null,
  pii json,
  sealed bytea,
  search tsvector
) partition by range (recorded_at);
create index events_by_time on events (tenant_id, pod, recorded_at, case_id);
create index events_search on events using gin (search) where search is not null;

create table decisions (
  tenant_id text collate "C" not null,
  decision_id uuid not null,
  pod text collate "C" not null,
  case_id text collate "C" not null,
  subject text not null,
  event_id text collate "C" not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  schema_hash text collate "C" not null,
  features json not null,
  enrichment json not null,
  probability float8,
  model_version bigint,
  model_digest text,
  lower float8,
  upper float8,
  level float8,
  method text,
  calibration_size integer not null,
  calibrated_probability float8,
  policy_version integer not null,
  threshold float8 not null,
  action text not null,
  mode text not null,
  gate text not null,
  automatic boolean not null,
  propensity float8 not null,
  state text not null check (state in ('acted', 'queued', 'suppressed', 'logged', 'expired')),
  reason text not null,
  notes json,
  latency_us integer not null
) partition by range (recorded_at);
create index decisions_by_time on decisions (tenant_id, pod, recorded_at, case_id);

create table outcomes (
  tenant_id text collate "C" not null,
  event_id text collate "C" not null,
  pod text collate "C" not null,
  case_id text collate "C" not null,
  outcome text not null,
  label smallint,
  source text not null check (source in ('reported', 'window', 'imported')),
  notes text,
  time_to_conversion float8,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null
) partition by range (recorded_at);
create index outcomes_by_case on outcomes (tenant_id, case_id, recorded_at);
create index outcomes_by_time on outcomes (tenant_id, pod, recorded_at);

create table messages (
  tenant_id text collate "C" not null,
  event_id text collate "C" not null,
  pod text collate "C" not null,
  case_id text collate "C" not null,
  role text not null check (role in ('user', 'assistant', 'system', 'agent')),
  text text not null,
  pii json,
  channel text,
  ts timestamptz not null,
  recorded_at timestamptz not null,
  search tsvector
) partition by range (recorded_at);
create index messages_by_case on messages (tenant_id, case_id, ts);
create index messages_by_time on messages (tenant_id, pod, recorded_at, case_id);
create index messages_search on messages using gin (search) where search is not null;

create table feature_schemas (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  schema_hash text collate "C" not null,
  specs json not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, pod, schema_hash)
);

create table settings (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  name text not null,
  version integer not null,
  value json not null,
  recorded_at timestamptz not null,
  actor text not null,
  primary key (tenant_id, pod, name, version)
);

create table audit (
  tenant_id text collate "C" not null,
  seq bigint not null,
  at timestamptz not null,
  actor text not null,
  action text not null,
  reason text,
  before_digest text,
  after_digest text,
  request_id text,
  detail json not null,
  previous_hash bytea not null,
  hash bytea not null,
  primary key (tenant_id, seq)
);

-- How long each chain should be and its last hash: a missing tail shows, and writers of one tenant wait for each other.
create table audit_heads (
  tenant_id text collate "C" primary key,
  length bigint not null,
  hash bytea not null
);

create table idempotency (
  tenant_id text collate "C" not null,
  key text not null,
  body_digest text not null,
  event_id text collate "C" not null,
  locked_until timestamptz not null,
  created_at timestamptz not null,
  status integer,
  body text,
  primary key (tenant_id, key)
);
create index idempotency_by_age on idempotency (created_at);

create table fences (
  tenant_id text collate "C" not null,
  case_id text collate "C" not null,
  token bigint not null,
  reason text not null,
  at timestamptz not null,
  primary key (tenant_id, case_id)
);

-- How far each kind of retention has come, so that no run reads again what an earlier one did.
create table retention_marks (
  tenant_id text collate "C" not null,
  name text collate "C" not null,
  done_until timestamptz not null,
  primary key (tenant_id, name)
);

-- Cases whose contact fields are old enough to go and are still being talked about: looked at again when that is old.
create table contact_waits (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  case_id text collate "C" not null,
  last_activity timestamptz not null,
  primary key (tenant_id, pod, case_id)
);
create index contact_waits_by_time on contact_waits (tenant_id, last_activity);

create table models (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  version bigint not null,
  digest text not null,
  artefact text not null,
  accepted boolean not null,
  verdict json not null,
  validated boolean not null,
  created_at timestamptz not null,
  accepted_at timestamptz,
  primary key (tenant_id, pod, version, digest)
);

create table active_models (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  version bigint not null,
  digest text not null,
  validated boolean not null,
  activated_at timestamptz not null,
  primary key (tenant_id, pod)
);

create table task_runs (
  task text primary key,
  last_success timestamptz,
  last_started timestamptz,
  paused boolean not null default false
);

${tenantTables
  .map(
    table => `alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy tenant_rows on ${table} using (${visible}) with check (${visible});`,
  )
  .join('\n')}

-- Only reading and adding: the policy leaves no entry that could be changed or deleted.
alter table audit enable row level security;
alter table audit force row level security;
create policy tenant_reads on audit for select using (${visible});
create policy tenant_adds on audit for insert with check (${visible});

alter table models enable row level security;
alter table models force row level security;
create policy tenant_rows on models using (tenant_id = '*' or ${visible}) with check (tenant_id = '*' or ${visible});
alter table active_models enable row level security;
alter table active_models force row level security;
create policy tenant_rows on active_models using (tenant_id = '*' or ${visible}) with check (tenant_id = '*' or ${visible});
`,
} as const
