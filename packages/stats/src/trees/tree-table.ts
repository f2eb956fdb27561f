import {
  type FeatureSpec,
  type FeatureValue,
  missingLevel,
  readBoolean,
  readLevel,
  readNumber,
} from '../model/feature.ts'
import type { TreeFeature } from './tree-model.ts'

/** Numbers for trees: rows × columns, row-major. NaN is a missing value; a categorical column holds level numbers. */
export interface TreeTable {
  readonly rows: number
  readonly columns: number
  readonly values: Float64Array
}

/** Bins per column, so that a bin fits a byte together with the one for missing values. */
export const mostBins = 255

/**
 * Reads from training rows what trees must know of each column: numbers, cyclic positions and yes/no are numbers (trees
 * need no scaling), a categorical column keeps its levels in order of first appearance. Beyond 255 levels the rarest are
 * left out and count as missing, as do levels that appear later. The level `missing` is no level: it is a missing value.
 */
export function fitTreeFeatures(
  specs: readonly FeatureSpec[],
  rows: readonly (readonly FeatureValue[])[],
): readonly TreeFeature[] {
  return specs.map(({ name, kind }, f) => {
    if (kind !== 'categorical') return { name, kind: 'numeric' }
    const counts = new Map<string, number>()
    for (const row of rows) {
      const level = readLevel(row[f])
      if (level !== missingLevel) counts.set(level, (counts.get(level) ?? 0) + 1)
    }
    const kept = new Set(
      [...counts]
        .sort(([, a], [, b]) => b - a)
        .slice(0, mostBins)
        .map(([level]) => level),
    )
    return { name, kind: 'categorical', levels: [...counts.keys()].filter(level => kept.has(level)) }
  })
}

/** Raw rows as numbers for trees, in the order of the features. */
export function treeTable(features: readonly TreeFeature[], rows: readonly (readonly FeatureValue[])[]): TreeTable {
  const columns = features.length
  const values = new Float64Array(rows.length * columns)
  const readers = features.map(treeReader)
  rows.forEach((row, i) => {
    for (let f = 0; f < columns; f++) values[i * columns + f] = readers[f]!(row[f])
  })
  return { rows: rows.length, columns, values }
}

/** How a raw value of the feature becomes a number; NaN when it is missing or a level never seen. */
export function treeReader(feature: TreeFeature): (value: FeatureValue | undefined) => number {
  if (feature.kind === 'numeric') return value => readNumber(value) ?? readBoolean(value) ?? NaN
  const byLevel = new Map(feature.levels.map((level, k) => [level, k]))
  return value => byLevel.get(readLevel(value)) ?? NaN
}
