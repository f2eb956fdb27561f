import type pg from 'pg'

/** A past of some leads of one tenant, spread evenly over days that end now. */
export interface Past {
  readonly tenant: string
  readonly leads: number
  readonly days: number
}

const tables = ['event_keys', 'events', 'decisions', 'inbox', 'acts'] as const
type Table = (typeof tables)[number]

/** What differs from one copy to the next; every other column is copied as the line wrote it. */
const changed: { readonly [column: string]: string } = {
  tenant_id: 'p.tenant',
  event_id: 'p.event_id',
  case_id: 'p.case_id',
  decision_id: 'p.decision_id',
  recorded_at: 'p.at',
  occurred_at: 'p.at',
  not_before: 'p.at',
  due_at: 'p.at + (t.due_at - t.recorded_at)',
  expires_at: 'p.at + (t.expires_at - t.recorded_at)',
  // Sealed for one case alone: a copy could not be opened.
  sealed: 'null',
}

const chunk = 50_000

/**
 * Fills a database with leads that look as if the line had written them: those that went through the door are copied by
 * SQL, with new ids, over the days. What the clock does to a lead is done too: half of them have an outcome within ten
 * days, what nobody answered in time has expired, and labels are where the hourly look would have put them. The connection
 * must be a superuser's, past row-level security.
 */
export async function fillPast(sql: pg.Client, past: Past): Promise<void> {
  await sql.query(`set search_path = surety; set synchronous_commit = off; set work_mem = '256MB'; set jit = off`)
  const columns = new Map<Table, readonly string[]>()
  for (const table of tables) {
    await sql.query(
      `create temp table if not exists t_${table} as select dense_rank() over (order by case_id) - 1 as k, * from ${table}`,
    )
    const { rows } = await sql.query<{ name: string }>(
      `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
      [table],
    )
    columns.set(
      table,
      rows.map(row => row.name),
    )
  }
  // Templates of each table are numbered alike: by the cases that opened.
  for (const table of tables.slice(1))
    await sql.query(`update pg_temp.t_${table} t set k = k.k from pg_temp.t_event_keys k where k.case_id = t.case_id`)
  const templates = (await sql.query<{ n: number }>('select max(k)::int + 1 as n from pg_temp.t_decisions')).rows[0]!.n
  for (let from = 0; from < past.leads; from += chunk) {
    const to = Math.min(from + chunk, past.leads)
    await sql.query('drop table if exists pg_temp.places')
    await sql.query(`create temp table places as select n, n % ${templates} as k, '${past.tenant}' as tenant,
        md5('case ' || n)::uuid::text as case_id, md5('event ' || n)::uuid::text as event_id, at,
        (substr(ms, 1, 8) || '-' || substr(ms, 9) || '-7000-8' || substr(md5('decision ' || n), 1, 3) || '-'
          || substr(md5('decision ' || n), 4, 12))::uuid as decision_id
      from (select n, at, lpad(to_hex((extract(epoch from at) * 1000)::int8), 12, '0') as ms
        from (select n, date_trunc('milliseconds', now() - interval '${past.days} days' * (1 - (n + 1)::float8 / ${past.leads})) as at
          from generate_series(${from}, ${to - 1}) n) timed) named`)
    await sql.query('analyze pg_temp.places')
    for (const table of tables) {
      const names = columns.get(table)!
      const values = names.map(name =>
        name === 'payload_hash' || changed[name] === undefined ? `t.${name}` : changed[name],
      )
      await sql.query(
        `insert into ${table} (${names.join(', ')}) select ${values.join(', ')} from pg_temp.places p join pg_temp.t_${table} t using (k)`,
      )
    }
  }
  await settle(sql, past)
}

/** Outcomes, labels and closed cases, as they would be by now. */
async function settle(sql: pg.Client, { tenant }: Past): Promise<void> {
  const values = [tenant]
  await sql.query(
    `create temp table told as select pod, case_id, decision_id, recorded_at as decided_at, model_digest, probability, action,
        automatic, audited, propensity, (hashtext(case_id || 'won') % 1000) / 1000.0 < probability - .3 as won,
        date_trunc('milliseconds', recorded_at + interval '10 days' * (abs(hashtext(case_id)::int8) / 2147483648.0)) as at
      from decisions where tenant_id = $1 and hashtext(case_id) % 2 = 0`,
    values,
  )
  await sql.query('delete from pg_temp.told where at > now()')
  await sql.query(
    `insert into event_keys (tenant_id, event_id, case_id, kind, payload_hash, recorded_at)
      select $1, 'o-' || case_id, case_id, 'lead.outcome', '\\x00', at from pg_temp.told`,
    values,
  )
  await sql.query(
    `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, occurred_at, recorded_at, quality)
      select $1, 'o-' || case_id, pod, case_id, case when won then 'booked' else 'lost' end, won::int, 'reported', at, at, 'human'
      from pg_temp.told`,
    values,
  )
  await sql.query(
    `insert into calibration_rows (tenant_id, pod, model_digest, row_id, source, probability, label, decided_at, labelled_at,
        quality, action, automatic, audited, propensity)
      select $1, pod, model_digest, case_id, 'live', probability, won::int, decided_at, at, 'human', action, automatic, audited,
        propensity from pg_temp.told where model_digest is not null`,
    values,
  )
  await sql.query(
    `insert into label_cursors (tenant_id, pod, recorded_at, event_id)
      select $1, pod, max(at), 'p' from pg_temp.told group by pod on conflict (tenant_id, pod, question) do update set
        recorded_at = excluded.recorded_at, event_id = excluded.event_id`,
    values,
  )
  await sql.query(
    `create temp table ended as select i.pod, i.case_id, i.decision_id, i.action,
        least(coalesce(t.at, i.expires_at), i.expires_at) as at, t.at is not null and t.at <= i.expires_at as known
      from inbox i left join pg_temp.told t using (pod, case_id)
      where i.tenant_id = $1 and i.state = 'open' and least(coalesce(t.at, i.expires_at), i.expires_at) < now()`,
    values,
  )
  await sql.query(
    `insert into transitions (tenant_id, pod, case_id, decision_id, recorded_at, action, from_state, to_state, reason, actor)
      select $1, pod, case_id, decision_id, at, action, 'queued', case when known then 'suppressed' else 'expired' end,
        case when known then 'outcome_known' else 'queue_ttl' end, 'system' from pg_temp.ended`,
    values,
  )
  await sql.query(
    `update inbox i set state = case when known then 'withdrawn' else 'expired' end, answered_at = e.at from pg_temp.ended e
      where i.tenant_id = $1 and i.pod = e.pod and i.case_id = e.case_id`,
    values,
  )
  // The hourly sweep forgets what ended a month ago; acts that were decided are done by now.
  await sql.query(
    `delete from inbox where tenant_id = $1 and state <> 'open' and answered_at < now() - interval '30 days'`,
    values,
  )
  await sql.query(
    `update acts set state = 'done', ended_at = recorded_at where tenant_id = $1 and state = 'pending'`,
    values,
  )
}
