import type { Reader } from './db.ts'

/**
 * New search words first lie in a list beside their index, which search reads from end to end and which somebody has to
 * merge. Done here, in large lots, it costs no commit anything.
 * @returns pages of the lists that were merged
 */
export async function mergeSearchWords(db: Reader): Promise<number> {
  const { rows } = await db.query<{ pages: number }>({
    name: 'merge_search_words',
    text: 'select merge_search_words() as pages',
    values: [],
  })
  return rows[0]?.pages ?? 0
}
