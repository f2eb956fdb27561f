/**
 * PostgreSQL lets nobody but its owner merge what waits beside an index. The service may be another login, so that the owner does it
 * for whoever asks: there is nothing to be given to it, and names in it mean our tables whatever the caller looks at.
 */
export const mergeSearchWords = {
  name: '0054-merge-search-words',
  sql: `
create function merge_search_words() returns bigint language sql volatile security definer
set search_path = surety, pg_catalog, pg_temp as $$
  -- Rows are recorded now, so new words lie in the partition of this month; an hour after its end, none are left in the last.
  select coalesce(sum(gin_clean_pending_list(child.indexrelid)), 0)::bigint
  from pg_inherits join pg_index child on child.indexrelid = inhrelid join pg_class t on t.oid = child.indrelid
  where inhparent in ('surety.events_search'::regclass, 'surety.messages_search'::regclass)
    and right(t.relname, 7) in (to_char(now(), 'YYYY_MM'), to_char(now() - interval '1 hour', 'YYYY_MM'))
$$;
`,
} as const
