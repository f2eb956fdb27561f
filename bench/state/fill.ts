import type pg from 'pg'
import type { Tx } from '../../packages/server/src/store/db.ts'
import { ensurePartitions } from '../../packages/server/src/store/partitions.ts'

const tables = ['event_keys', 'events', 'evaluations', 'decisions', 'inbox'] as const
/** What differs from one copy to the next; every other column is copied as the line wrote it. */
const changed: { readonly [column: string]: string } = {
  event_id: 'p.event_id',
  case_id: `case when t.case_id is not null then 'case-' || p.n end`,
  decision_id: 'case when t.decision_id is not null then p.decision_id end',
  recorded_at: 'p.at',
  occurred_at: 'p.at',
  due_at: 'p.at + (t.due_at - t.recorded_at)',
  expires_at: 'p.at + (t.expires_at - t.recorded_at)',
}
const chunk = 50_000

/**
 * Fills a database with a past of so many events, spread evenly over days that end now: copies, with new ids, of what the line
 * has written. State and reference data stay as they are. The connection must be a superuser's, past row-level security.
 */
export async function fillWithEvents(sql: pg.Client, events: number, days: number): Promise<void> {
  await sql.query(`set search_path = surety; set synchronous_commit = off; set work_mem = '256MB'; set jit = off`)
  await ensurePartitions(sql as unknown as Tx, new Date(Date.now() - days * 86_400_000), new Date())
  await sql.query(
    'create temp table t_ids as select event_id, decision_id, row_number() over () - 1 as k from event_keys',
  )
  const { rows } = await sql.query<{ n: string }>('select count(*) as n from pg_temp.t_ids')
  for (const table of tables) {
    const key = table === 'inbox' ? 'decision_id' : 'event_id'
    await sql.query(
      `create temp table t_${table} as select i.k, t.* from ${table} t join pg_temp.t_ids i using (${key})`,
    )
  }
  for (let from = 0; from < events; from += chunk) {
    await sql.query('drop table if exists pg_temp.places')
    await sql.query(`create temp table places as select n, n % ${rows[0]!.n} as k, gen_random_uuid()::text as event_id,
        gen_random_uuid() as decision_id, now() - interval '${days} days' * (1 - (n + 1)::float8 / ${events}) as at
      from generate_series(${from}, ${Math.min(from + chunk, events) - 1}) n`)
    await sql.query('analyze pg_temp.places')
    for (const table of tables) await copy(sql, table)
  }
  await sql.query('drop table pg_temp.places')
  await sql.query('vacuum analyze')
  await sql.query('checkpoint')
}

async function copy(sql: pg.Client, table: string): Promise<void> {
  const { rows } = await sql.query<{ name: string }>(
    `select attname as name from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''`,
    [table],
  )
  const names = rows.map(({ name }) => name)
  const values = names.map(name => changed[name] ?? `t.${name}`)
  await sql.query(
    `insert into ${table} (${names}) select ${values} from pg_temp.places p join pg_temp.t_${table} t using (k)`,
  )
}
