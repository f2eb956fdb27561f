import type pg from 'pg'
import { clientConfig, type Login, schemaName } from './db.ts'
import { ownClient } from './own-client.ts'
import { refused, refuseOwner } from './service-login.ts'

const reads = ['SELECT'] as const
const adds = [...reads, 'INSERT'] as const
const changes = [...adds, 'UPDATE'] as const
const clears = [...adds, 'DELETE'] as const
const all = [...changes, 'DELETE'] as const
type Privilege = (typeof all)[number]

/**
 * What serving takes of each table, where the tables belong to another login: what is evidence is added and never changed. Rights on
 * a table of partitions are enough, as nobody reads or writes one of those by its name.
 */
export const serviceGrants: Readonly<Record<string, readonly Privilege[]>> = {
  accepted_imports: adds,
  act_counts: all,
  acting_versions: all,
  action_states: changes,
  active_models: changes,
  acts: changes,
  api_keys: all,
  audit: adds,
  audit_estimates: changes,
  // The length and the last hash move with each entry: moved back, they no longer fit the entries, which is found.
  audit_heads: changes,
  audit_signed_heads: adds,
  autonomy_epochs: changes,
  calibration_figures: all,
  calibration_rows: all,
  calibrators: all,
  cases: all,
  certificate_attempts: reads,
  certificates: changes,
  contact_waits: all,
  // Of these and the predictions erasure empties columns; receipts tell of any other change.
  decisions: changes,
  entities: changes,
  entity_changes: adds,
  erased_cases: all,
  evaluations: changes,
  event_keys: all,
  events: changes,
  feature_schemas: adds,
  fences: changes,
  finding_groups: clears,
  groups: changes,
  hour_books: all,
  idempotency: all,
  inbox: all,
  installation_keys: clears,
  key_directory: clears,
  key_quotas: all,
  label_cursors: changes,
  learning_runs: changes,
  maturities: changes,
  messages: clears,
  migrations: reads,
  models: changes,
  once_acts: clears,
  outbox: clears,
  outcomes: changes,
  predictions: changes,
  rate_totals: all,
  receipt_chains: changes,
  receipt_heads: adds,
  receipt_links: adds,
  recent_event_keys: clears,
  recent_key_day: changes,
  record_rows: all,
  records: changes,
  retention_marks: changes,
  sender_minutes: changes,
  settings: adds,
  shortfalls: all,
  state_rows: changes,
  task_runs: changes,
  tenant_directory: adds,
  tenants: adds,
  tick_folds: adds,
  tick_runs: changes,
  transitions: adds,
  tripwires: changes,
  version_checks: all,
  version_cuts: adds,
}

/** A number of ours: one process at a time writes rights, as two that change those of one table at once fail. */
const grantingLock = 7_283_656

/**
 * The login holds what is listed, and nothing else: more that was given to it is taken back. Nothing is written where it is so.
 * @throws one sentence where it could change more in another way
 */
export async function grantService(owner: Login, service: string): Promise<void> {
  const client = ownClient(clientConfig(owner.address, owner.role))
  await client.connect()
  try {
    await client.query('begin')
    await client.query(`select pg_advisory_xact_lock(${grantingLock})`)
    const statements = await lacking(client, service)
    if (statements.length > 0) await client.query(statements.join(';\n'))
    await refuseOwner(client, service)
    await refuseMore(client, service)
    await client.query('commit')
  } finally {
    await client.end()
  }
}

const ourTables = `from pg_class c where c.relnamespace = '${schemaName}'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and pg_has_role(current_user, c.relowner, 'usage')`

async function lacking(client: pg.Client, service: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; held: string }>(
    `select c.relname as name, (select coalesce(string_agg(p.privilege_type || case when p.is_grantable then '*' else '' end, ', '
        order by p.privilege_type), '') from aclexplode(c.relacl) p where p.grantee = $1::regrole) as held ${ourTables}`,
    [quoted(client, service)],
  )
  const to = quoted(client, service)
  const statements = rows.flatMap(({ name, held }) => {
    const wanted = serviceGrants[name] ?? []
    if (held === [...wanted].sort().join(', ')) return []
    const table = `${schemaName}.${quoted(client, name)}`
    return [
      ...(held === '' ? [] : [`revoke all on ${table} from ${to}`]),
      ...(wanted.length === 0 ? [] : [`grant ${wanted.join(', ')} on ${table} to ${to}`]),
    ]
  })
  const { rows: other } = await client.query<{ enters: boolean; calls: boolean }>(
    `select has_schema_privilege($1, '${schemaName}', 'usage') as enters, not exists (select from pg_proc p
       where p.pronamespace = '${schemaName}'::regnamespace and not has_function_privilege($1, p.oid, 'execute')) as calls`,
    [service],
  )
  if (!other[0]!.enters) statements.push(`grant usage on schema ${schemaName} to ${to}`)
  if (!other[0]!.calls) statements.push(`grant execute on all functions in schema ${schemaName} to ${to}`)
  return statements
}

const quoted = (client: pg.Client, name: string): string => client.escapeIdentifier(name)

const writing = ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']

/** Rights that came to it by another way than this: through everybody, a role that it is in, or columns. */
async function refuseMore(client: pg.Client, service: string): Promise<void> {
  const { rows } = await client.query<{ name: string; privilege: string }>(
    `select c.relname as name, p.privilege from (select c.oid, c.relname ${ourTables}) c cross join unnest($2::text[]) as p(privilege)
      where has_table_privilege($1, c.oid, p.privilege)
        or p.privilege in ('INSERT', 'UPDATE', 'REFERENCES') and has_any_column_privilege($1, c.oid, p.privilege)
      order by 1, 2`,
    [service, writing],
  )
  const more = rows.find(({ name, privilege }) => !serviceGrants[name]?.some(one => one === privilege))
  if (more !== undefined)
    throw refused(
      service,
      `has the right ${more.privilege} on ${schemaName}.${more.name}, which it does not need: revoke it`,
    )
  const { rows: schema } = await client.query<{ creates: boolean }>(
    `select has_schema_privilege($1, '${schemaName}', 'create') as creates`,
    [service],
  )
  if (schema[0]!.creates) throw refused(service, `may make tables in the schema ${schemaName}: revoke CREATE on it`)
}
