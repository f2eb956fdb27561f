/**
 * A page of a list that may ask for more than its index knows: so many rows are looked at, and no more. The page is then shorter than
 * asked for, and still has a next one.
 */
export const mostLookedAt = 1_000

/** How a row of such a page comes. */
export interface Looked {
  /** It is what was asked for; false: it only says how far was looked. */
  readonly fits: boolean
  /** From 1. */
  readonly looked: number
}

export interface PageOf<Row> {
  readonly rows: readonly Row[]
  /** Behind which the next page begins; null: there is none. */
  readonly next: Row | null
}

/**
 * @param select the rows that an index finds, with one more column; where `fits` is not empty, more is asked of each
 * @param order of the index, by names of that statement's columns: one for all of it, so that nothing is sorted and no more read than is shown
 * @param limit parameter of the rows that are wanted, and one more
 */
export function lookedText(
  select: (column: string) => string,
  { fits, order, limit }: { readonly fits: readonly string[]; readonly order: string; readonly limit: string },
): string {
  const asked = fits.length === 0 ? 'true' : fits.join(' and ')
  return `select * from (
      select found.*, (row_number() over (order by ${order}))::int as looked from (
        ${select(`(${asked}) as fits`)} order by ${order} limit ${fits.length === 0 ? limit : mostLookedAt}
      ) found
    ) numbered where fits or looked = ${mostLookedAt} order by ${order} limit ${limit}`
}

/** @param found what that statement gave; @param limit rows that were wanted */
export function pageFrom<Row extends Looked>(found: readonly Row[], limit: number): PageOf<Row> {
  const page = found.slice(0, limit)
  const last = found.at(-1)
  const cut = found.length > limit ? page.at(-1) : last?.looked === mostLookedAt ? last : undefined
  return { rows: page.filter(({ fits }) => fits), next: cut ?? null }
}
