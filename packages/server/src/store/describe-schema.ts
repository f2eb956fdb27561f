import type { Reader } from './db.ts'

/**
 * All that our migrations made, as text: the same on every PostgreSQL from 15 on, so that a change of the tables shows as
 * a change of `schema.snapshot.txt`. Partitions come and go and follow their parents, so only those are told. What servers
 * name or word by themselves is left out: names of not-null constraints, and the text of a view, of which columns stand here.
 */
export async function describeSchema(db: Reader, schema: string): Promise<string> {
  const found = await db.query<{ kind: string; name: string; line: string }>(everything, [schema])
  const blocks = new Map<string, { readonly head: string[]; readonly lines: string[] }>()
  for (const { kind, name, line } of found.rows) {
    const block = blocks.get(name) ?? { head: [], lines: [] }
    blocks.set(name, block)
    if (kind === 'head') block.head.push(line)
    else block.lines.push(...line.split('\n').map(part => `  ${part.trimEnd()}`.trimEnd()))
  }
  const text = [...blocks.values()].map(({ head, lines }) => [...head, ...lines].join('\n')).join('\n\n')
  return `${text.replaceAll(/( ON |STATISTICS )\w+\./g, '$1')}\n`
}

// Each row one line of the block `name`. Order: tables and views by name, in each its columns as they stand, then the rest.
const everything = `with here as (
  select c.* from pg_class c where c.relnamespace = $1::regnamespace and not c.relispartition
), lines as (
  select 'head' as kind, relname::text as name, 0 as part, 0 as place,
    case relkind when 'r' then 'table ' when 'p' then 'table ' when 'v' then 'view ' when 'm' then 'materialized view '
      when 'S' then 'sequence ' else relkind::text || ' ' end || relname
    || case when relkind = 'p' then ' partition by ' || pg_get_partkeydef(oid) else '' end
    || case when relrowsecurity then ', row-level security' || case when relforcerowsecurity then ' forced' else ' not forced' end else '' end
    || coalesce(', with ' || array_to_string(reloptions, ' '), '')
    || case when relpersistence = 'u' then ', unlogged' else '' end as line
  from here where relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  union all
  select 'column', h.relname, 1, a.attnum, a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || case when a.attcollation <> t.typcollation then ' collate ' || l.collname else '' end
    || case when a.attnotnull then ' not null' else '' end
    || case when a.attidentity <> '' then ' identity ' || a.attidentity::text else '' end
    || coalesce(case when a.attgenerated <> '' then ' generated ' else ' default ' end || pg_get_expr(d.adbin, d.adrelid), '')
  from here h join pg_attribute a on a.attrelid = h.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid left join pg_collation l on l.oid = a.attcollation
    left join pg_attrdef d on d.adrelid = h.oid and d.adnum = a.attnum
  where h.relkind in ('r', 'p', 'v', 'm', 'f')
  union all
  select 'constraint', h.relname, 2, 0, 'constraint ' || o.conname || ' ' || pg_get_constraintdef(o.oid)
  from here h join pg_constraint o on o.conrelid = h.oid where o.contype <> 'n'
  union all
  select 'index', h.relname, 3, 0, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ')
    || case when i.indisvalid then '' else ' (not valid)' end
  from here h join pg_index i on i.indrelid = h.oid
  where not exists (select from pg_constraint o where o.conindid = i.indexrelid and o.conrelid = h.oid)
  union all
  select 'policy', h.relname, 4, 0, 'policy ' || p.polname || case when p.polpermissive then '' else ' restrictive' end || ' for '
    || case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end
    || case when e.reads = e.checks then ' using and check ' || e.reads
      else coalesce(' using ' || e.reads, '') || coalesce(' check ' || e.checks, '') end
  from here h join pg_policy p on p.polrelid = h.oid,
    lateral (select pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) e(reads, checks)
  union all
  select 'trigger', h.relname, 5, 0, pg_get_triggerdef(g.oid)
  from here h join pg_trigger g on g.tgrelid = h.oid where not g.tgisinternal
  union all
  select 'statistics', h.relname, 6, 0, pg_get_statisticsobjdef(s.oid)
  from here h join pg_statistic_ext s on s.stxrelid = h.oid
  union all
  select 'head', 'type ' || t.typname, 0, 0, 'type ' || t.typname || coalesce(' of ' || format_type(nullif(t.typbasetype, 0), t.typtypmod), '')
  from pg_type t where t.typnamespace = $1::regnamespace and t.typtype in ('e', 'd')
  union all
  select 'value', 'type ' || t.typname, 1, e.enumsortorder::int, e.enumlabel
  from pg_type t join pg_enum e on e.enumtypid = t.oid where t.typnamespace = $1::regnamespace
  union all
  select 'head', 'function ' || f.proname || f.oid::regprocedure::text, 0, 0, 'function ' || f.proname || '('
    || pg_get_function_arguments(f.oid) || ')' || coalesce(' returns ' || pg_get_function_result(f.oid), '') || ' language ' || l.lanname
    || case f.provolatile when 'i' then ' immutable' when 's' then ' stable' else ' volatile' end
    || case when f.proisstrict then ' strict' else '' end || case when f.proleakproof then ' leakproof' else '' end
    || case when f.prosecdef then ' security definer' else '' end
    || coalesce(' set ' || array_to_string(f.proconfig, ', '), '')
  from pg_proc f join pg_language l on l.oid = f.prolang where f.pronamespace = $1::regnamespace
  union all
  select 'body', 'function ' || f.proname || f.oid::regprocedure::text, 1, 0, coalesce(pg_get_function_sqlbody(f.oid), btrim(f.prosrc, E'\\n'))
  from pg_proc f where f.pronamespace = $1::regnamespace
)
select kind, name, line from lines order by name like 'function %', name collate "C", part, place, line collate "C"`
