/** The answer for one segment; `rows` counts its rows. */
export interface Segment<Result> {
  readonly segment: string
  readonly rows: number
  readonly result: Result
}

/**
 * Any figure per segment: the rows of each segment in their order, handed to the same function. Segments come in
 * alphabetical order; a segment too small for the figure shows the refusal of the figure.
 * @param segments name of the segment of each row
 * @param figure   called with the row numbers of a segment, ascending
 * @example bySegment(['a', 'b', 'a'], rows => rocAuc(pick(scores, rows), pick(y, rows)))
 */
export function bySegment<Result>(
  segments: readonly string[],
  figure: (rows: Uint32Array, segment: string) => Result,
): readonly Segment<Result>[] {
  const rowsOf = new Map<string, number[]>()
  segments.forEach((segment, row) => {
    const rows = rowsOf.get(segment)
    if (rows) rows.push(row)
    else rowsOf.set(segment, [row])
  })
  const names = [...rowsOf.keys()].sort((a, b) => (a < b ? -1 : 1))
  return names.map(segment => {
    const rows = Uint32Array.from(rowsOf.get(segment)!)
    return { segment, rows: rows.length, result: figure(rows, segment) }
  })
}

/** The chosen rows of a column, in the order of `rows`; a new array of the same kind. */
export function pick<Column extends Float64Array | Uint8Array | Uint32Array | Int32Array>(
  column: Column,
  rows: Uint32Array,
): Column {
  const chosen = column.slice(0, rows.length) as Column
  for (let k = 0; k < rows.length; k++) chosen[k] = column[rows[k]!]!
  return chosen
}
