import { constants, createReadStream } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CsvError } from './csv-error.ts'
import { type RowCutter, rowCutter, rowName } from './csv-rows.ts'
import { detectDelimiter, firstLine } from './delimiter.ts'
import { utf8Pieces } from './utf8-pieces.ts'

export interface CsvChunk {
  readonly header: readonly string[]
  /** Each as long as the header. */
  readonly rows: readonly (readonly string[])[]
  /** Number of the first of these rows, from 1; the header is not counted. */
  readonly firstRow: number
  /** Of the file as it lies on disk, packed or not, so that read / total is the progress. */
  readonly bytesRead: number
  readonly bytesTotal: number
}

export interface CsvOptions {
  /** One character; found from the header where left out. */
  readonly delimiter?: string
  /** Longest value, and longest header line. */
  readonly maxFieldBytes?: number
}

const rowsPerChunk = 2000
const oneMebibyte = 2 ** 20

type Rows = readonly (readonly string[])[]

/**
 * Reads `.csv` and `.csv.gz` in chunks of at most 2,000 rows, holding one chunk at a time.
 * @throws CsvError, before the rows of the faulty chunk are handed out
 */
export async function* readCsv(path: string, options: CsvOptions = {}): AsyncGenerator<CsvChunk> {
  const maxFieldBytes = options.maxFieldBytes ?? oneMebibyte
  const bytesTotal = await sizeOf(path)
  const { chunks, bytesRead } = openBytes(path)
  let header: readonly string[] | null = null
  let cutter: RowCutter | null = null
  let head = ''
  let waiting: Rows = []
  let given = 0
  for await (const piece of utf8Pieces(chunks, bytesRead)) {
    let text = piece.text
    if (cutter === null) {
      head += text
      const line = firstLine(head, piece.last || !piece.valid)
      if (line === null && head.length <= maxFieldBytes) continue
      if (line === null || line.length > maxFieldBytes) throw headerTooLong(maxFieldBytes)
      // UTF-16 without a mark is valid UTF-8 full of NUL.
      if (line.includes('\0')) throw notUtf8(0)
      const delimiter = options.delimiter ?? detectDelimiter(line)
      cutter = rowCutter(delimiter, maxFieldBytes, field =>
        header === null ? `column ${field + 1}` : columnName(header, field),
      )
      text = head
      head = ''
    }
    let rows: Rows = cutter.push(text, piece.last && piece.valid)
    if (!piece.valid) throw notUtf8(cutter.rows)
    if (header === null && rows.length > 0) {
      header = namesOf(rows[0]!)
      rows = rows.slice(1)
    }
    if (header === null) continue
    checkWidths(rows, header, cutter.rows - rows.length)
    const ready: Rows = waiting.length === 0 ? rows : [...waiting, ...rows]
    let from = 0
    for (; ready.length - from >= rowsPerChunk || (piece.last && from < ready.length); from += rowsPerChunk) {
      const now = ready.slice(from, from + rowsPerChunk)
      yield { header, rows: now, firstRow: given + 1, bytesRead: piece.bytesRead, bytesTotal }
      given += now.length
    }
    waiting = ready.slice(from)
  }
  if (header === null)
    throw new CsvError('csv.empty', 'The file is empty: a header line and at least one row are needed.')
  if (given === 0) throw new CsvError('csv.no_rows', 'The file has a header and no rows.')
}

async function sizeOf(path: string): Promise<number> {
  const readable = access(path, constants.R_OK).then(() => stat(path))
  const found = await readable.catch(() => null)
  if (found?.isFile()) return found.size
  throw new CsvError('csv.not_found', `There is no file ${path} that can be read.`)
}

function openBytes(path: string): { readonly chunks: AsyncIterable<Buffer>; readonly bytesRead: () => number } {
  const file = createReadStream(path, { highWaterMark: 2 ** 18 })
  const bytesRead = () => file.bytesRead
  return { chunks: path.endsWith('.gz') ? unpacked(file) : file, bytesRead }
}

async function* unpacked(file: Readable): AsyncGenerator<Buffer> {
  const unzip = createGunzip({ chunkSize: 2 ** 18 })
  file.on('error', error => unzip.destroy(error))
  file.pipe(unzip)
  try {
    yield* unzip
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) throw error
    const cut = error.code === 'Z_BUF_ERROR'
    throw new CsvError(
      'csv.bad_gzip',
      `The file ends in .gz and ${cut ? 'stops before its end: copy it again' : 'is not gzip'}.`,
    )
  } finally {
    file.destroy()
    unzip.destroy()
  }
}

/** Names without the blanks around them. A column without a name, as exports of tables with an index have, gets a number. */
function namesOf(row: readonly string[]): readonly string[] {
  const names = row.map((name, at) => name.trim() || `column_${at + 1}`)
  const seen = new Set<string>()
  const twice = names.find(name => seen.size === seen.add(name).size)
  if (twice === undefined) return names
  throw new CsvError('csv.duplicate_column', `The header names the column "${twice}" twice.`, { column: twice })
}

function columnName(header: readonly string[], field: number): string {
  return header[field] ?? `column ${field + 1}`
}

/** `before`: rows of the file that end before these, the header counted as one, so that it is also the number of the first. */
function checkWidths(rows: Rows, header: readonly string[], before: number): void {
  for (let at = 0; at < rows.length; at++) {
    const found = rows[at]!.length
    if (found === header.length) continue
    const row = before + at
    const fields = `${found} ${found === 1 ? 'field' : 'fields'}`
    throw new CsvError('csv.ragged_row', `${rowName(row)} has ${fields} where the header has ${header.length}.`, {
      row,
    })
  }
}

function notUtf8(row: number): CsvError {
  return new CsvError(
    'csv.not_utf8',
    `${rowName(row)} is not UTF-8: convert the file, for example with "iconv -f ISO-8859-1 -t UTF-8 FILE > NEW".`,
    { row },
  )
}

function headerTooLong(maxFieldBytes: number): CsvError {
  return new CsvError(
    'csv.field_too_long',
    `The header line is longer than ${maxFieldBytes} bytes: is this a CSV file?`,
    { row: 0 },
  )
}
