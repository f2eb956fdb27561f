import type { Db } from './db.ts'
import { insertRow, int4, json, type RowOf, table, text, time } from './table.ts'

const hours = table('hour_books', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  hour: time('hour'),
  states: json<{ readonly [state: string]: number }>('states'),
  /** Of them, how many could not be accounted for. */
  lost: int4('lost'),
  countedAt: time('counted_at'),
})
const book = hours.pick('hour', 'states', 'lost', 'countedAt')
/** Where the decisions of one hour stood when they were last counted. */
export type HourBook = RowOf<typeof book>

export async function hourBooks(db: Db, tenant: string, pod: string, from: Date): Promise<readonly HourBook[]> {
  const { rows } = await db.query<HourBook>({
    name: 'hour_books',
    text: `select ${book.columns()} from hour_books
      where tenant_id = $1 and pod = $2 and hour >= $3 order by hour`,
    values: [tenant, pod, from],
  })
  return rows
}

export async function saveHour(db: Db, tenant: string, pod: string, counted: HourBook): Promise<void> {
  await insertRow(
    db,
    hours,
    { tenant, pod, ...counted },
    `on conflict (tenant_id, pod, hour) do update set states = excluded.states, lost = excluded.lost,
      counted_at = excluded.counted_at`,
  )
}

export async function forgetHours(db: Db, tenant: string, pod: string, before: Date): Promise<void> {
  await db.query({
    name: 'hour_books_forget',
    text: 'delete from hour_books where tenant_id = $1 and pod = $2 and hour < $3',
    values: [tenant, pod, before],
  })
}
