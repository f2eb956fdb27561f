import type { FeatureValue } from '@surety/contract'
import type { TreeModel, TreeTable } from '@surety/stats'
import { hasOther, type StoredEncoder, type TreesFit } from './artefact.ts'
import { storedColumns } from './columns.ts'

export const mostTrees = 500
/** Questions from the root to a leaf. */
export const mostDepth = 8
/** Length of the columns and trees of a model in canonical JSON. */
export const mostTreeBytes = 2_000_000

interface Encoded {
  readonly features: readonly string[]
  readonly encoders: { readonly [feature: string]: StoredEncoder }
}

/** What trees ask of one feature: a category by its levels, anything else by its value. */
export const treeColumns = (name: string, encoder: StoredEncoder): readonly string[] =>
  encoder.kind === 'onehot' ? storedColumns(name, encoder) : [name]

/** The feature that each column is of. */
export const featureOfColumns = ({ features, encoders }: Encoded): Int32Array =>
  Int32Array.from(features.flatMap((name, f) => treeColumns(name, encoders[name]!).map(() => f)))

export const isAsked = ({ trees }: TreesFit, column: number): boolean =>
  trees.some(tree => tree.left.some((left, node) => left !== 0 && tree.column[node] === column))

/** Thresholds that trees hold against a column, ascending, each once. */
export function thresholdsOf({ trees }: TreesFit, column: number): readonly number[] {
  const found = new Set<number>()
  for (const { left, column: asked, threshold } of trees)
    for (const [node, first] of left.entries()) if (first !== 0 && asked[node] === column) found.add(threshold[node]!)
  return [...found].sort((a, b) => a - b)
}

/** The form that the statistics package scores and explains with: every column is a number. */
export const treeModel = ({ columns, base, trees }: TreesFit): TreeModel => ({
  kind: 'boosted-trees',
  version: 1,
  features: columns.map(name => ({ name, kind: 'numeric' })),
  base,
  trees: trees.map(({ column, missing_left: missingLeft, ...lists }) => {
    return { ...lists, feature: column, missingLeft, sets: [] }
  }),
})

/** The way back. Covers are kept to six digits: they weigh explanations and never move a score. */
export const storeTrees = (columns: readonly string[], { base, trees }: TreeModel): TreesFit => ({
  kind: 'trees',
  columns,
  base,
  trees: trees.map(({ left, feature, threshold, missingLeft, value, cover }) => {
    return {
      left,
      column: feature,
      threshold,
      missing_left: missingLeft,
      value,
      cover: cover.map(weight => Number(weight.toPrecision(6))),
    }
  }),
})

/** Writes raw values, in the order of the features, as the numbers of a row from `at` on; NaN is missing. */
export type FillRow = (values: readonly FeatureValue[], row: Float64Array, at: number) => void

export function compileTreeRow({ features, encoders }: Encoded): FillRow {
  let width = 0
  const writers = features.map(name => {
    const encoder = encoders[name]!
    const write = writerOf(name, encoder, width)
    width += treeColumns(name, encoder).length
    return write
  })
  return (values, row, at) => {
    for (let f = 0; f < writers.length; f++) writers[f]!(values[f] ?? null, row, at)
  }
}

export function treeTable(encoded: Encoded, rows: readonly (readonly FeatureValue[])[]): TreeTable {
  const columns = featureOfColumns(encoded).length
  const values = new Float64Array(rows.length * columns)
  const fill = compileTreeRow(encoded)
  for (const [k, row] of rows.entries()) fill(row, values, k * columns)
  return { rows: rows.length, columns, values }
}

function writerOf(
  name: string,
  encoder: StoredEncoder,
  first: number,
): (value: FeatureValue, row: Float64Array, at: number) => void {
  if (encoder.kind === 'onehot') {
    const width = treeColumns(name, encoder).length
    const places = new Map(encoder.levels.map((level, k) => [level, k]))
    const other = hasOther(encoder) ? width - 1 : -1
    return (value, row, at) => {
      row.fill(0, at + first, at + first + width)
      const level = value === null || Number.isNaN(value) ? 'missing' : String(value)
      const place = places.get(level) ?? other
      if (place >= 0) row[at + first + place] = 1
    }
  }
  const read = readerOf(encoder)
  return (value, row, at) => {
    row[at + first] = read(value)
  }
}

function readerOf(encoder: Exclude<StoredEncoder, { kind: 'onehot' }>): (value: FeatureValue) => number {
  const number = (value: FeatureValue): number =>
    typeof value === 'number' && Number.isFinite(value) ? value + 0 : Number.NaN
  if (encoder.kind === 'standard') return number
  if (encoder.kind === 'boolean')
    return value => (value === true || value === 1 ? 1 : value === false || value === 0 ? 0 : Number.NaN)
  const { period } = encoder
  return value => {
    const rest = number(value) % period
    return rest < 0 ? rest + period : rest + 0
  }
}
