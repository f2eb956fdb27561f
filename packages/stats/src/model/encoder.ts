/**
 * How one raw feature becomes model columns. Plain JSON, part of the stored model.
 *
 * - `standard`: `name` = (value - mean)/std clipped to ±5. `std` 0 (constant in training): no column.
 * - `cyclic`: `name.sin`, `name.cos` of 2π·value/period; `sinMean`, `cosMean` stand in for a missing value
 *   (0, the centre of the circle, where a model does not say).
 *   `mean`, `std`, `min`, `max` describe the raw values for drift reports and are not used for encoding.
 * - `onehot`: `name=level` for each level kept, then `name=other` for all the rest. `missing` may be one of the levels.
 * - `boolean`: `name` = 0 or 1, the training mean when missing.
 *
 * `missing: true` adds a last column `name=missing` (1 when the value is missing), present when training had such rows.
 * Means and deviations (divisor n) are over the rows that had a value.
 */
export type Encoder =
  | {
      readonly kind: 'standard'
      readonly name: string
      readonly mean: number
      readonly std: number
      readonly min: number
      readonly max: number
      readonly missing: boolean
    }
  | {
      readonly kind: 'cyclic'
      readonly name: string
      readonly period: number
      readonly mean: number
      readonly std: number
      readonly min: number
      readonly max: number
      readonly sinMean?: number
      readonly cosMean?: number
      readonly missing: boolean
    }
  | { readonly kind: 'onehot'; readonly name: string; readonly levels: readonly string[] }
  | { readonly kind: 'boolean'; readonly name: string; readonly mean: number; readonly missing: boolean }

/** Standardised values are cut here, so that one wild value cannot decide a case alone. */
export const standardLimit = 5

/** Names of the model columns an encoder fills, in order. */
export function encoderColumns(encoder: Encoder): readonly string[] {
  const { name } = encoder
  const tail = encoder.kind !== 'onehot' && encoder.missing ? [`${name}=missing`] : []
  switch (encoder.kind) {
    case 'standard':
      return encoder.std === 0 ? tail : [name, ...tail]
    case 'cyclic':
      return [`${name}.sin`, `${name}.cos`, ...tail]
    case 'onehot':
      return [...encoder.levels.map(level => `${name}=${level}`), `${name}=other`]
    case 'boolean':
      return [name, ...tail]
  }
}

/** Standardised value, clipped to ±5. */
export function standardise(value: number, mean: number, std: number): number {
  return Math.max(-standardLimit, Math.min(standardLimit, (value - mean) / std))
}

/** Sine and cosine of a position on a circle; exact at the four quarters (hour 6 of 24 is sine 1, cosine 0). */
export function onCircle(value: number, period: number): { readonly sin: number; readonly cos: number } {
  const quarters = (4 * (((value % period) + period) % period)) / period
  if (Number.isInteger(quarters)) {
    const quarter = quarters % 4
    return { sin: [0, 1, 0, -1][quarter]!, cos: [1, 0, -1, 0][quarter]! }
  }
  const angle = (quarters * Math.PI) / 2
  return { sin: Math.sin(angle), cos: Math.cos(angle) }
}
