const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`
const tables = ['entity_changes', 'entities']

/**
 * Reference data with two times: when a row holds (`valid_from` to `valid_until`), and from which change to which it was known
 * so (`known_from` to `known_until`). What was known is never changed but for the end of its being known, so that a question
 * about the past has the answer that it had. Changes of a tenant and pod are numbered without a gap, one after another: who
 * read at a number reads the same at that number for ever, whatever clocks say.
 */
export const entities = {
  name: '0022-entities',
  sql: `
create table entity_changes (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  change bigint not null,
  -- Never before that of the change before it.
  recorded_at timestamptz not null,
  actor text not null,
  kind text collate "C" not null,
  what text not null check (what in ('created', 'replaced', 'ended', 'imported')),
  -- How many entities it changed.
  entities integer not null,
  reason text,
  primary key (tenant_id, pod, change)
);
create index entity_changes_by_time on entity_changes (tenant_id, pod, recorded_at, change);

create table entities (
  tenant_id text collate "C" not null,
  pod text collate "C" not null,
  kind text collate "C" not null,
  entity_id text collate "C" not null,
  -- From this moment on, and until that one; null: with no end.
  valid_from timestamptz not null,
  valid_until timestamptz,
  -- Known so from this change on, and until that one; 9007199254740991: it still is. A number, so that one index serves both.
  known_from bigint not null,
  known_until bigint not null default 9007199254740991,
  -- Counts the changes of one entity from 1, and the change in which this version was made.
  version integer not null,
  made_in bigint not null,
  -- From valid_from on it is not there; the body is its last one.
  ended boolean not null,
  body json not null,
  key1 text collate "C",
  key2 text collate "C",
  key3 text collate "C",
  span_from timestamptz,
  span_to timestamptz,
  primary key (tenant_id, pod, kind, entity_id, known_until, valid_from)
);
${[1, 2, 3]
  .map(
    slot => `create index entities_key${slot} on entities (tenant_id, pod, kind, key${slot}, span_from, known_until)
  where key${slot} is not null;`,
  )
  .join('\n')}

${tables
  .map(
    table => `alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy tenant_rows on ${table} using (${visible}) with check (${visible});`,
  )
  .join('\n')}
`,
} as const
