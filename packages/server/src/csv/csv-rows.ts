import { CsvError } from './csv-error.ts'

/** Cuts text into rows, however the text is cut into chunks. */
export interface RowCutter {
  /** Rows that ended in this piece; `last` says that no text follows. Blank lines are no rows. */
  push(text: string, last: boolean): readonly (readonly string[])[]
  /** Rows handed out so far. */
  readonly rows: number
}

const quote = 34
const lineFeed = 10
const carriageReturn = 13

/**
 * RFC 4180 with LF, CRLF or CR. Only the field that a chunk border cuts is read again, so long rows cost no more than short
 * ones. What stands between a closing quote and the delimiter is kept as it is.
 */
export function rowCutter(delimiter: string, maxFieldBytes: number, name: (field: number) => string): RowCutter {
  const separator = delimiter.charCodeAt(0)
  let rest = ''
  let row: string[] = []
  let rows = 0
  // The header is row 0.
  const at = () => ({ row: rows, column: name(row.length) })

  function check(size: number, text: string): void {
    if (size * 3 <= maxFieldBytes || (size <= maxFieldBytes && Buffer.byteLength(text) <= maxFieldBytes)) return
    const place = at()
    throw new CsvError(
      'csv.field_too_long',
      `${rowName(place.row)}, ${place.column}: the value is longer than ${maxFieldBytes} bytes; is a quote not closed or the delimiter another one?`,
      place,
    )
  }

  function push(piece: string, last: boolean): readonly (readonly string[])[] {
    const text = rest === '' ? piece : rest + piece
    const done: (readonly string[])[] = []
    const size = text.length
    let start = 0
    while (start < size || row.length > 0) {
      let end = start
      let value: string
      if (text.charCodeAt(start) === quote) {
        const close = closingQuote(text, start + 1)
        if (close < 0 || (close + 1 === size && !last)) {
          if (last) throw unclosed(at())
          break
        }
        end = close + 1
        while (end < size && !isEnd(text.charCodeAt(end), separator)) end++
        const inside = text.slice(start + 1, close)
        value =
          (inside.includes('"') ? inside.replaceAll('""', '"') : inside) +
          (end > close + 1 ? text.slice(close + 1, end) : '')
      } else {
        while (end < size && !isEnd(text.charCodeAt(end), separator)) end++
        value = text.slice(start, end)
      }
      if (!last && (end === size || (end === size - 1 && text.charCodeAt(end) === carriageReturn))) break
      if (end - start > maxFieldBytes / 3) check(end - start, value)
      row.push(value)
      const stop = text.charCodeAt(end)
      const two = stop === carriageReturn && text.charCodeAt(end + 1) === lineFeed
      const blank = row.length === 1 && end === start
      start = end + (two ? 2 : 1)
      if (stop === separator) continue
      if (!blank) {
        done.push(row)
        rows++
      }
      row = []
    }
    rest = start < size ? text.slice(start) : ''
    if (rest.length > maxFieldBytes / 3) check(rest.length, rest)
    return done
  }

  return {
    push,
    get rows() {
      return rows
    },
  }
}

function isEnd(code: number, separator: number): boolean {
  return code === separator || code === lineFeed || code === carriageReturn
}

/** Position of the quote that closes a field, over doubled ones; -1 when it has not come yet. */
function closingQuote(text: string, from: number): number {
  let close = text.indexOf('"', from)
  while (close >= 0 && text.charCodeAt(close + 1) === quote) close = text.indexOf('"', close + 2)
  return close
}

function unclosed(at: { readonly row: number; readonly column: string }): CsvError {
  return new CsvError('csv.unclosed_quote', `${rowName(at.row)}, ${at.column}: a quote is opened and never closed.`, at)
}

export function rowName(row: number): string {
  return row === 0 ? 'The header' : `Row ${row}`
}
