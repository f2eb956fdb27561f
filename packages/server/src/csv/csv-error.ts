export type CsvErrorCode =
  | 'csv.empty'
  | 'csv.ragged_row'
  | 'csv.not_utf8'
  | 'csv.unclosed_quote'
  | 'csv.duplicate_column'
  | 'csv.no_rows'
  | 'csv.field_too_long'
  | 'csv.not_found'
  | 'csv.bad_gzip'

/** What is wrong with a file, in one sentence for the person who owns it. Rows count from 1, the header not counted. */
export class CsvError extends Error {
  readonly code: CsvErrorCode
  readonly row?: number
  readonly column?: string

  constructor(code: CsvErrorCode, sentence: string, at: { readonly row?: number; readonly column?: string } = {}) {
    super(sentence)
    this.name = 'CsvError'
    this.code = code
    if (at.row !== undefined) this.row = at.row
    if (at.column !== undefined) this.column = at.column
  }
}
