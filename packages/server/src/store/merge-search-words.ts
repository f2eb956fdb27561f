import type { Reader } from './db.ts'

/**
 * New search words first lie in a list beside their index, which search reads from end to end and which somebody has to
 * merge. Done here, in large lots, it costs no commit anything.
 * @returns pages of the lists that were merged
 */
export async function mergeSearchWords(db: Reader): Promise<number> {
  // Rows are recorded now, so new words lie in the partition of this month; an hour after its end, none are left in the last.
  const { rows } = await db.query<{ pages: number }>({
    name: 'merge_search_words',
    text: `select coalesce(sum(gin_clean_pending_list(child.indexrelid)), 0)::int as pages
      from pg_inherits join pg_index child on child.indexrelid = inhrelid join pg_class t on t.oid = child.indrelid
      where inhparent in ('events_search'::regclass, 'messages_search'::regclass)
        and right(t.relname, 7) in (to_char(now(), 'YYYY_MM'), to_char(now() - interval '1 hour', 'YYYY_MM'))`,
    values: [],
  })
  return rows[0]?.pages ?? 0
}
