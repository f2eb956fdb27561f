import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { FeatureSpec, FeatureValue } from '../model/feature.ts'

/** A table as raw rows, with what its columns are. */
export interface PublishedTable {
  readonly specs: readonly FeatureSpec[]
  readonly rows: readonly (readonly FeatureValue[])[]
  readonly y: Uint8Array
  /** Every cell as text, by column name, for what a protocol needs beside the features. */
  readonly column: (name: string) => readonly string[]
}

const shipped = new URL('../../../../data/', import.meta.url)

/** Where a data file is: with the repository, or in the folder SURETY_DATA names; null when it is not here. */
export function dataFile(path: string): string | null {
  const beside = new URL(path, shipped).pathname
  if (existsSync(beside)) return beside
  const folder = process.env['SURETY_DATA']
  return folder !== undefined && existsSync(join(folder, path)) ? join(folder, path) : null
}

/** The reason for which a test must be skipped, or false. */
export const withoutData = (...paths: readonly string[]): string | false =>
  paths.every(path => dataFile(path) !== null)
    ? false
    : `${paths.join(', ')}: not shipped (licence unclear, or large); set SURETY_DATA to a folder that has it`

/**
 * Reads a gzipped CSV. Columns in `text` are categories, all others numbers; those in `leaveOut` and the label are no
 * features.
 */
export function readPublished(
  path: string,
  wanted: {
    readonly label: string
    readonly positive: string
    readonly text?: readonly string[]
    readonly leaveOut?: readonly string[]
    readonly separator?: string
  },
): PublishedTable {
  const file = dataFile(path)
  if (file === null) throw new Error(`${path} is not here`)
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split(/\r?\n/)
  const cells = lines.map(line => line.split(wanted.separator ?? ',').map(cell => cell.replace(/^"(.*)"$/, '$1')))
  const [head = [], ...body] = cells
  const text = new Set(wanted.text)
  const leaveOut = new Set([wanted.label, ...(wanted.leaveOut ?? [])])
  const kept = head.flatMap((name, k) => (leaveOut.has(name) ? [] : [{ name, k }]))
  const label = head.indexOf(wanted.label)
  return {
    specs: kept.map(({ name }) => ({ name, kind: text.has(name) ? 'categorical' : 'numeric' })),
    rows: body.map(row => kept.map(({ name, k }) => (text.has(name) ? row[k]! : Number(row[k])))),
    y: Uint8Array.from(body, row => (row[label] === wanted.positive ? 1 : 0)),
    column: name => body.map(row => row[head.indexOf(name)]!),
  }
}
