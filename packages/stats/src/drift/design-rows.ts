import type { Design } from '../model/design.ts'

/** Two designs of the same columns, one below the other. @throws RangeError when their columns differ */
export function stackDesigns(first: Design, second: Design): Design {
  const same =
    first.columns === second.columns &&
    first.codesPerRow === second.codesPerRow &&
    first.denseColumns.length === second.denseColumns.length &&
    first.denseColumns.every((column, j) => column === second.denseColumns[j])
  if (!same) throw new RangeError('the two designs were not encoded alike')
  const dense = new Float64Array(first.dense.length + second.dense.length)
  dense.set(first.dense)
  dense.set(second.dense, first.dense.length)
  const codes = new Int32Array(first.codes.length + second.codes.length)
  codes.set(first.codes)
  codes.set(second.codes, first.codes.length)
  return { ...first, rows: first.rows + second.rows, dense, codes }
}

/** A design of the given rows, copied in that order. */
export function takeRows(design: Design, rows: ArrayLike<number>): Design {
  const width = design.denseColumns.length
  const { codesPerRow } = design
  const dense = new Float64Array(rows.length * width)
  const codes = new Int32Array(rows.length * codesPerRow)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    for (let j = 0; j < width; j++) dense[i * width + j] = design.dense[row * width + j]!
    for (let k = 0; k < codesPerRow; k++) codes[i * codesPerRow + k] = design.codes[row * codesPerRow + k]!
  }
  return { ...design, rows: rows.length, dense, codes }
}
