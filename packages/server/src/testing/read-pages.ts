import type { Database, Reader, Tx } from '../store/db.ts'

/** One statement that was run, and how many pages of 8 kB its plan read. */
export interface PagesRead {
  readonly name: string
  readonly pages: number
}

/**
 * The same database, but every reading statement that has a name is explained as it is run: pages are the same on every
 * machine and under any load, milliseconds are not.
 */
export function readingPages(db: Database): { readonly db: Database; take(): readonly PagesRead[] } {
  const seen: PagesRead[] = []
  const explaining = (handle: Reader): Reader => ({
    async query(query, values) {
      if (typeof query !== 'string' && query.name !== undefined && /^\s*(with|select)\b/i.test(query.text)) {
        const { rows } = await handle.query<{ 'QUERY PLAN': [{ Plan: { [count: string]: number } }] }>(
          `explain (analyze, buffers, timing off, format json) ${query.text}`,
          query.values,
        )
        const { Plan: plan } = rows[0]!['QUERY PLAN'][0]
        seen.push({ name: query.name, pages: plan['Shared Hit Blocks']! + plan['Shared Read Blocks']! })
      }
      return handle.query(query, values)
    },
  })
  return {
    db: {
      ...db,
      transaction: (tenants, work) => db.transaction(tenants, handle => work(explaining(handle) as Tx)),
      read: (tenants, work) => db.read(tenants, handle => work(explaining(handle))),
      [Symbol.asyncDispose]: async () => {},
    },
    take: () => seen.splice(0),
  }
}
