/** How a raw column is read: a measure, a position on a circle, one of several names, or yes/no. */
export type FeatureKind = 'numeric' | 'cyclic' | 'categorical' | 'boolean'

/** A raw column. `period` belongs to `cyclic` (24 for an hour of the day; 24 is also the default). */
export interface FeatureSpec {
  readonly name: string
  readonly kind: FeatureKind
  readonly period?: number
}

/** A raw value; null = missing. What does not fit the kind (text in a numeric column, NaN) counts as missing. */
export type FeatureValue = number | string | boolean | null

/** Value of a numeric or cyclic column, or null when missing. -0 becomes 0. */
export function readNumber(value: FeatureValue | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value + 0 : null
}

/** 0 or 1 of a yes/no column, or null when missing; the numbers 0 and 1 are accepted. */
export function readBoolean(value: FeatureValue | undefined): number | null {
  if (value === true || value === 1) return 1
  if (value === false || value === 0) return 0
  return null
}

/** Level of a categorical column as text; missing is a level of its own, called `missing`. */
export function readLevel(value: FeatureValue | undefined): string {
  return value === null || value === undefined || Number.isNaN(value) ? missingLevel : String(value)
}

/** Where missing values of a categorical column go. */
export const missingLevel = 'missing'

/** Where rare and never seen levels of a categorical column go. It is trained like every other level. */
export const otherLevel = 'other'
