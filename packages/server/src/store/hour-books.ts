import type { Db } from './db.ts'

/** Where the decisions of one hour stood when they were last counted. */
export interface HourBook {
  readonly hour: Date
  readonly states: { readonly [state: string]: number }
  /** Of them, how many could not be accounted for. */
  readonly lost: number
  readonly countedAt: Date
}

export async function hourBooks(db: Db, tenant: string, pod: string, from: Date): Promise<readonly HourBook[]> {
  const { rows } = await db.query<HourBook>({
    name: 'hour_books',
    text: `select hour, states, lost, counted_at as "countedAt" from hour_books
      where tenant_id = $1 and pod = $2 and hour >= $3 order by hour`,
    values: [tenant, pod, from],
  })
  return rows
}

export async function saveHour(db: Db, tenant: string, pod: string, book: HourBook): Promise<void> {
  await db.query({
    name: 'hour_book_save',
    text: `insert into hour_books (tenant_id, pod, hour, states, lost, counted_at) values ($1, $2, $3, $4, $5, $6)
      on conflict (tenant_id, pod, hour) do update set states = excluded.states, lost = excluded.lost,
        counted_at = excluded.counted_at`,
    values: [tenant, pod, book.hour, JSON.stringify(book.states), book.lost, book.countedAt],
  })
}

export async function forgetHours(db: Db, tenant: string, pod: string, before: Date): Promise<void> {
  await db.query({
    name: 'hour_books_forget',
    text: 'delete from hour_books where tenant_id = $1 and pod = $2 and hour < $3',
    values: [tenant, pod, before],
  })
}
