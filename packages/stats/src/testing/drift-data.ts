import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { gzippedFixture } from './gzipped-fixture.ts'

/** A gzipped CSV (no quoted cells) as columns of text. */
export interface Columns {
  readonly rows: number
  text(name: string): readonly string[]
  numbers(name: string): Float64Array
  labels(name: string): Uint8Array
}

/** Reads a gzipped CSV. */
export function readColumns(file: URL | string): Columns {
  const [head, ...lines] = gunzipSync(readFileSync(file)).toString().trimEnd().split(/\r?\n/)
  const names = head!.split(',')
  const cells = lines.map(line => line.split(','))
  const text = (name: string) => {
    const column = names.indexOf(name)
    if (column < 0) throw new Error(`no column ${name} in ${file}`)
    return cells.map(row => row[column]!)
  }
  const parsed = new Map<string, Float64Array>()
  const numbers = (name: string) => {
    const known = parsed.get(name) ?? Float64Array.from(text(name), Number)
    parsed.set(name, known)
    return known
  }
  return {
    rows: lines.length,
    text,
    numbers,
    labels: name => Uint8Array.from(text(name), Number),
  }
}

/** Rows of each value of a column, in order of appearance. */
export function rowsBy(values: readonly string[]): Map<string, number[]> {
  const rows = new Map<string, number[]>()
  values.forEach((value, row) => {
    const known = rows.get(value)
    if (known) known.push(row)
    else rows.set(value, [row])
  })
  return rows
}

/** The given entries of an array, same kind. */
export function take<A extends Float64Array | Uint8Array>(values: A, rows: readonly number[]): A {
  const out = values.slice(0, rows.length) as A
  rows.forEach((row, i) => {
    out[i] = values[row]!
  })
  return out
}

/** Where the data that may not be shipped, or is too large to, lies; and why a test without it is skipped. */
export function driftFile(name: string): { readonly path: string; readonly skip: string | false } {
  const folder = process.env['SURETY_DATA']
  const path = `${folder ?? ''}/drift/${name}`
  if (folder === undefined) return { path, skip: 'SURETY_DATA is not set: this file is not shipped' }
  return { path, skip: existsSync(path) ? false : `there is no ${path}` }
}

/** NannyML's California housing data, cut by fixtures/make_california.py. */
export function californiaHousing(): Columns {
  return readColumns(new URL('../../fixtures/nannyml-california.csv.gz', import.meta.url))
}

/** Streams and detection indices of the tests of two libraries (BSD-3). */
export const detectorVectors: { readonly streams: Readonly<Record<string, readonly number[]>> } =
  gzippedFixture('detector-vectors.json.gz')
