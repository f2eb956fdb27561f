import { setImmediate as otherWork } from 'node:timers/promises'
import { type EntityColumn, endsColumn, type FieldError, readGivenTime } from '@surety/contract'
import { CsvError } from '../../csv/csv-error.ts'
import { rowCutter } from '../../csv/csv-rows.ts'
import { detectDelimiter, firstLine } from '../../csv/delimiter.ts'
import { Problem } from '../../errors.ts'
import { type IsPersonal, personalFaults } from '../../request/personal.ts'
import { readCell } from './cells.ts'
import type { EntityKind } from './kinds.ts'
import { readRow } from './read-row.ts'
import type { EntityValue } from './timeline.ts'

/** What is wrong at one place of a file. Rows count from 1; 0 is the header. */
export interface RowError {
  readonly row: number
  readonly column: string | null
  readonly code: string
  readonly message: string
}

export interface FileRow {
  readonly row: number
  readonly id: string
  readonly value: EntityValue
  /** From when on it is gone; null: never; undefined: the file does not say. */
  readonly ends: Date | null | undefined
}

export interface FileContent {
  readonly rows: number
  readonly good: readonly FileRow[]
  readonly refused: number
  readonly errors: readonly RowError[]
  /** How many there are beyond those. */
  readonly moreErrors: number
  /** Columns that the kind does not have. */
  readonly ignored: readonly string[]
  /** Columns of the kind that the file does not have: their fields stay as they are. */
  readonly absent: readonly string[]
}

export const mostRows = 50_000
const mostErrors = 1_000
const longestCell = 65_536
/** Read at a time, before others have their turn. */
const rowsATurn = 500

interface Header {
  readonly width: number
  /** Place in a row, by column of the kind. */
  readonly places: readonly { readonly column: EntityColumn; readonly place: number }[]
  readonly ends: number
  readonly ignored: readonly string[]
  readonly absent: readonly string[]
}

/**
 * Every row of a file of a kind, with all that is wrong with any.
 * @throws Problem `import_refused` where no rows can be told apart: no header, a quote that is never closed, too many rows
 */
export async function readFile(kind: EntityKind, text: string, isPersonal: IsPersonal): Promise<FileContent> {
  const [first, ...rows] = cut(text)
  if (first === undefined) throw new Problem('import_refused', 'The file is empty: a header line is needed.')
  if (rows.length > mostRows)
    throw new Problem('import_refused', `The file has ${rows.length} rows; ${mostRows} at a time is the most.`)
  const header = readHeader(kind, first)
  const errors: RowError[] = []
  const good: FileRow[] = []
  const rowOf = new Map<string, number>()
  let refused = 0
  let found = 0
  const note = (row: number, some: readonly FieldError[]) => {
    refused++
    found += some.length
    for (const { path, code, message } of some)
      if (errors.length < mostErrors) errors.push({ row, column: path === '' ? null : path, code, message })
  }
  let personal: ReadonlyMap<number, readonly FieldError[]> = new Map()
  for (const [n, cells] of rows.entries()) {
    if (n % rowsATurn === 0) {
      await otherWork()
      personal = await personalRows(kind, header, rows.slice(n, n + rowsATurn), isPersonal)
    }
    const read = readCells(kind, header, cells)
    const found = personal.get(n % rowsATurn)
    if ('errors' in read) note(n + 1, read.errors)
    else if (found !== undefined) note(n + 1, found)
    else if (rowOf.has(read.id)) note(n + 1, [twice(kind, rowOf.get(read.id)!)])
    else {
      rowOf.set(read.id, n + 1)
      good.push({ row: n + 1, ...read })
    }
  }
  const { ignored, absent } = header
  return { rows: rows.length, good, refused, errors, moreErrors: found - errors.length, ignored, absent }
}

/** Faults by the place of the row among these: reference data is kept and shown as it is. */
async function personalRows(
  kind: EntityKind,
  { places }: Header,
  rows: readonly (readonly string[])[],
  isPersonal: IsPersonal,
): Promise<ReadonlyMap<number, readonly FieldError[]>> {
  const said = rows.map(cells =>
    Object.fromEntries(places.map(({ column, place }) => [column.name, cells[place] ?? ''])),
  )
  const found = await personalFaults(isPersonal, said)
  const byRow = Map.groupBy(found, ({ path }) => Number(path.split('.', 1)[0]))
  return new Map(
    [...byRow].map(([row, faults]) => [
      row,
      faults.map(fault => ({ ...fault, path: columnAt(kind, fault.path.slice(fault.path.indexOf('.') + 1)) })),
    ]),
  )
}

const columnAt = ({ columns }: EntityKind, path: string): string =>
  columns.find(({ name }) => name === path)?.name ?? ''

function cut(text: string): readonly (readonly string[])[] {
  const line = firstLine(text, true) ?? ''
  try {
    return rowCutter(detectDelimiter(line), longestCell, field => `column ${field + 1}`).push(text, true)
  } catch (error) {
    throw error instanceof CsvError ? new Problem('import_refused', error.message) : error
  }
}

function readHeader(kind: EntityKind, cells: readonly string[]): Header {
  const names = cells.map(name => name.trim())
  const wrong = (column: string, message: string) => ({ path: `rows.0.${column}`, code: 'header', message })
  const errors = [
    ...names
      .filter((name, at) => name !== '' && names.indexOf(name) !== at)
      .map(name => wrong(name, 'stands there twice')),
    ...kind.columns
      .filter(({ name, empty }) => empty === 'refused' && !names.includes(name))
      .map(({ name, wanted }) => wrong(name, `is missing: ${wanted}`)),
  ]
  if (errors.length > 0)
    throw new Problem('import_refused', 'The header of the file is wrong; nothing was imported.', { errors })
  const known = new Set([endsColumn, ...kind.columns.map(({ name }) => name)])
  return {
    width: cells.length,
    places: kind.columns
      .map(column => ({ column, place: names.indexOf(column.name) }))
      .filter(({ place }) => place >= 0),
    ends: names.indexOf(endsColumn),
    ignored: names.filter(name => name !== '' && !known.has(name)),
    absent: kind.columns.map(({ name }) => name).filter(name => !names.includes(name)),
  }
}

type ReadCells = Omit<FileRow, 'row'> | { readonly errors: readonly FieldError[] }

function readCells(kind: EntityKind, { width, places, ends: endsAt }: Header, cells: readonly string[]): ReadCells {
  if (cells.length !== width)
    return { errors: [{ path: '', code: 'width', message: `has ${cells.length} cells where the header has ${width}` }] }
  const errors: FieldError[] = []
  const given: Record<string, unknown> = {}
  for (const { column, place } of places) {
    const read = readCell(column, cells[place]!)
    if (read === 'wrong') errors.push({ path: column.name, code: 'type', message: `must be ${column.wanted}` })
    else if (read !== 'empty') given[column.name] = read.value
  }
  const ends = endsAt < 0 ? undefined : readEnd(cells[endsAt]!.trim())
  if (ends === 'wrong')
    errors.push({
      path: endsColumn,
      code: 'type',
      message: 'must be a time such as 2026-03-10T12:00:00Z, from 1970 to 2100',
    })
  const row = readRow(kind, given)
  if (row.ok && errors.length === 0 && ends !== 'wrong') return { id: row.id, value: row.value, ends }
  const said = new Set(errors.map(({ path }) => path))
  const others = row.ok ? [] : row.errors.filter(({ path }) => !said.has(path))
  const order = [...places.toSorted((a, b) => a.place - b.place).map(({ column }) => column.name), endsColumn]
  return { errors: [...errors, ...others].toSorted((a, b) => order.indexOf(a.path) - order.indexOf(b.path)) }
}

function readEnd(text: string): Date | null | 'wrong' {
  if (text === '') return null
  const at = readGivenTime(text)
  return at instanceof Date ? at : 'wrong'
}

const twice = ({ entity }: EntityKind, row: number): FieldError => ({
  path: entity.id[0]!,
  code: 'twice',
  message: `names the same entity as row ${row}`,
})
