import { rng } from '../../rng.ts'
import type { TreeFeature } from '../tree-model.ts'
import type { TreeTable } from '../tree-table.ts'

export const numericFeatures = (columns: number): TreeFeature[] =>
  Array.from({ length: columns }, (_, k) => ({ name: `x${k}`, kind: 'numeric' }))

/** Rows with values in (-2, 2) and outcomes that hang on a product and a threshold; a share of the values is missing. */
export function treeWorld(
  rows: number,
  columns: number,
  seed: string,
  missing = 0,
): { readonly table: TreeTable; readonly y: Uint8Array } {
  const draw = rng(seed)
  const values = Float64Array.from({ length: rows * columns }, () => draw.uniform() * 4 - 2)
  const y = Uint8Array.from({ length: rows }, (_, i) => {
    const [a, b, c] = [values[i * columns]!, values[i * columns + 1]!, values[i * columns + columns - 1]!]
    const z = 1.5 * a * b + (c > 0.5 ? 1.5 : -0.5)
    return draw.uniform() < 1 / (1 + Math.exp(-z)) ? 1 : 0
  })
  for (let k = 0; k < values.length; k++) if (draw.uniform() < missing) values[k] = NaN
  return { table: { rows, columns, values }, y }
}
