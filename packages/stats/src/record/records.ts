/** A record begins with a version that was fitted on so many rows, and then every so many days. */
const fewestFitted = 60
const everyDays = 90
/** In charge is the youngest with so many rows, else the oldest of at most so many days. */
const rowsInCharge = 5000
const oldestDays = 270

/** A record as the calendar sees it. */
export interface RecordAge {
  /** Days since it began, or since the import it began with. */
  readonly days: number
  /** Mature rows decided since: those outside every cut and imported ones too. */
  readonly rows: number
}

/**
 * Whether a record begins now. The calendar says so, never a label.
 * @param fittedRows rows the serving version was fitted on
 * @param youngest   days since the youngest record began; null: there is none
 */
export const recordBegins = (fittedRows: number, youngest: number | null): boolean =>
  youngest === null ? fittedRows >= fewestFitted : youngest >= everyDays

/**
 * The record whose certificates count. All are counted side by side, each with its own delta; the choice looks at dates and
 * numbers of rows and at no label.
 * @param records in any order
 * @returns       its place in the list; null: there is none
 */
export function recordInCharge(records: readonly RecordAge[]): number | null {
  const youngestFirst = records.map((record, at) => ({ ...record, at })).sort((a, b) => a.days - b.days)
  const chosen =
    youngestFirst.find(({ rows }) => rows >= rowsInCharge) ??
    youngestFirst.findLast(({ days }) => days <= oldestDays) ??
    youngestFirst[0]
  return chosen?.at ?? null
}
